"""Random small drivers, written in the language: contexts, sections, locks, memory, and statements of the vocabulary.

What is written is well-typed and small; whether it is a good driver is left to chance, for findings are what the
engines must agree on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

VERSIONS = ("2.6.20", "4.9", "6.1", "6.12")
WITH_WORKS = ("2.6.32", "2.6.36", "6.1", "6.12")
"""Those of which each has another way with works, and all have `flush_work`."""
NEW = ("6.1", "6.12")
"""Those that have `alloc_workqueue`, `drain_workqueue` and `cancel_work`."""
THREAD, HANDLER, HARDIRQ = "thread", "handler", "hardirq"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a spec declares."""

    cpus: int
    tasklets: tuple[str, ...]
    irqs: tuple[str, ...]
    threads: tuple[str, ...]
    softirq: bool
    module: bool
    explicit: bool
    """Whether the module requests its first interrupt line itself."""
    spinlock: bool
    mutex: bool
    heap: bool
    work: bool = False
    waitqueue: bool = False
    queue: str = ""
    """How the queue of its own is made, where it has one."""


MAKERS = (
    "create_workqueue(own);", "create_singlethread_workqueue(own);", "alloc_ordered_workqueue(own, 0);",
    "alloc_workqueue(own, 0, 1);", "alloc_workqueue(own, WQ_UNBOUND, 2);",
)  # fmt: skip


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Few contexts: each one multiplies the states."""
    cpus = draw(st.sampled_from([1, 1, 1, 2]))
    tasklets = ("t", "u")[: draw(st.sampled_from([1, 1, 2]))]
    irqs = ("nic", "disk")[: draw(st.sampled_from([0, 1, 1, 2]))]
    threads = ("p", "q")[: draw(st.sampled_from([1, 1, 2] if irqs else [1, 2]))]
    module = draw(st.sampled_from([False, False, True]))
    work, waitqueue = (draw(st.integers(0, 4)) == 0 for _ in range(2))
    queue = draw(st.sampled_from(["", *MAKERS])) if work else ""
    return Shape(
        cpus,
        tasklets,
        irqs,
        threads[: draw(st.integers(0, 1))] if module else threads,
        draw(st.sampled_from([False, False, True])),
        module,
        bool(irqs) and draw(st.booleans()),
        *(draw(st.booleans()) for _ in range(3)),
        work,
        waitqueue,
        queue,
    )


@dataclass
class Writer:
    """Writes the statements of one context."""

    draw: st.DrawFn
    shape: Shape
    level: str
    left: int
    """Statements that may still be written."""
    depth: int = 0
    locals: list[str] = field(default_factory=list)

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    # ---- expressions ----

    def number(self) -> str:
        leaves = ["0", "1", "2", "n", "m", "(n + 1) % 3", "smp_processor_id()", *self.locals]
        if self.shape.heap:
            leaves.append("o.value")
        return self.pick(*leaves)

    def truth(self, deep: bool = True) -> str:
        t = self.pick(*self.shape.tasklets)
        plain = [
            "b", "!b", f"{self.pick('n', 'm')} {self.pick('==', '!=', '<', '<=')} {self.pick('0', '1', '2')}",
            f"pending({t})", f"running({t})", "in_interrupt()", "irqs_disabled()", "in_softirq()",
            *["pending(w)", "running(w)"] * self.shape.work,
        ]  # fmt: skip
        if deep and self.draw(st.booleans()):
            return f"{self.truth(False)} {self.pick('&&', '||')} {self.truth(False)}"
        return self.pick(*plain)

    # ---- statements ----

    def block(self, most: int = 3) -> str:
        """One to ``most`` statements."""
        known = list(self.locals)
        text = " ".join(self.statement() for _ in range(self.draw(st.integers(1, most))) if self.left > 0) or ";"
        self.locals = known
        return text

    def statement(self) -> str:
        self.left -= 1
        kinds = ["simple", "simple", "simple", "deferral", "deferral", "deferral", "claim"]
        if self.depth < 2:
            kinds += ["if", "section", "section", "choose", "loop"]
        kinds += ["memory"] * self.shape.heap
        if self.level == THREAD:
            kinds += ["wait", "sleep"]
        match self.pick(*kinds):
            case "simple":
                return self.simple()
            case "deferral":
                return self.deferral()
            case "claim":
                return f"assert({self.truth()});"
            case "memory":
                return self.memory()
            case "wait":
                return self.pick(f"await ({self.truth()});", f"tasklet_kill(&{self.pick(*self.shape.tasklets)});")
            case "sleep":
                return self.pick("msleep(1);", "might_sleep();", "udelay(1);")
            case kind:
                self.depth += 1
                text = getattr(self, f"compound_{kind}")()
                self.depth -= 1
                return text

    def simple(self) -> str:
        options = [f"n = {self.number()};", f"m = {self.number()};", f"b = {self.truth()};"]
        options += ["b = !b;", "if (n < 2) n++;", "twice(n);", f"m = next({self.number()});"]
        options += [f"atomic {{ n = {self.number()}; m = {self.number()}; }}", f"b = {self.pick('any()', 'false')};"]
        if not self.locals:
            self.locals.append("k")
            return f"int<0..2> k = {self.pick('n', '0', 'any(0..2)')};"
        return self.pick(*options, f"k = {self.pick('m', '1')};")

    def deferral(self) -> str:
        t = self.pick(*self.shape.tasklets)
        calls = [
            f"tasklet_schedule(&{t});", f"tasklet_schedule(&{t});", f"tasklet_hi_schedule(&{t});",
            f"b = tasklet_schedule(&{t});", f"if (tasklet_schedule(&{t})) n = 0; else b = !b;",
            f"if (b && tasklet_schedule(&{t})) m = 1;", f"tasklet_disable_nosync(&{t});", f"tasklet_enable(&{t});",
            f"tasklet_disable(&{t}); tasklet_enable(&{t});",
        ]  # fmt: skip
        if self.shape.work:
            calls += ["schedule_work(&w);", "b = schedule_work(&w);", "cancel_work(&w);"] * 2
            if self.level == THREAD:
                calls += ["flush_work(&w);", "cancel_work_sync(&w);"] * 2
        if self.shape.queue:
            calls += ["queue_work(own, &w);", "b = queue_work(own, &w);"] * 3
            if self.level == THREAD:
                calls += ["flush_workqueue(own);", "destroy_workqueue(own);", self.shape.queue] * 2
                calls += ["drain_workqueue(own);"] * (2 * self.shape.queue.startswith("alloc"))
        if self.shape.waitqueue:
            calls += ["wake_up(&wq);"] * 2
            if self.level == THREAD:
                calls += [f"wait_event(wq, {self.truth(False)});"] * 3
        if self.shape.softirq:
            calls += ["raise_softirq(NET_RX_SOFTIRQ);"] * 2
        return self.pick(*calls)

    def memory(self) -> str:
        return self.pick(
            "kmalloc(o, GFP_ATOMIC);", "if (kzalloc(o, GFP_KERNEL)) o.value = 1;", "kfree(o);", "o.value = 0;",
            "n = o->value;", "if (o) o.value = 2;",
        )  # fmt: skip

    def compound_if(self) -> str:
        otherwise = f" else {{ {self.block(2)} }}" if self.draw(st.booleans()) else ""
        return f"if ({self.truth()}) {{ {self.block(2)} }}{otherwise}"

    def compound_choose(self) -> str:
        return f"choose {{ {self.block(2)} }} or {{ {self.block(2)} }}"

    def compound_loop(self) -> str:
        jump = self.pick("", "", f"if ({self.truth(False)}) break;", f"if ({self.truth(False)}) continue;")
        body = self.block(2)
        return self.pick(
            f"while (n < 2) {{ n++; {jump} {body} }}",
            f"for (int<0..2> i = 0; i < 2; i++) {{ {jump} {body} }}",
            f"do {{ {body} {jump} }} while (any());",
        )

    def compound_section(self) -> str:
        pairs = [
            ("local_bh_disable();", "local_bh_enable();"), ("preempt_disable();", "preempt_enable();"),
            ("local_irq_disable();", "local_irq_enable();"),
        ]  # fmt: skip
        if self.shape.spinlock:
            pairs += [
                ("spin_lock(&lock);", "spin_unlock(&lock);"), ("spin_lock_bh(&lock);", "spin_unlock_bh(&lock);"),
                ("spin_lock_irq(&lock);", "spin_unlock_irq(&lock);"),
            ]  # fmt: skip
        if self.shape.mutex:
            pairs.append(("mutex_lock(&mx);", "mutex_unlock(&mx);"))
        if self.level == HARDIRQ:
            pairs = [("udelay(1);", ""), *(p for p in pairs if p[0] == "spin_lock(&lock);")]
        begin, end = self.draw(st.sampled_from(pairs))
        if self.draw(st.integers(0, 9)) == 0:  # now and then one is forgotten
            end = ""
        return f"{begin} {self.block(2)} {end}"


def versions(shape: Shape, text: str) -> tuple[str, ...]:
    """The kernel versions that have the calls which a spec makes."""
    if "alloc_" in text or "drain_" in text or "cancel_work(" in text:
        return NEW
    return WITH_WORKS if shape.work else VERSIONS


@st.composite
def specs(draw: st.DrawFn) -> tuple[str, str]:
    """A spec and the kernel version to check it with."""
    shape = draw(shapes())
    lines = [f"cpus {shape.cpus};", "int<0..2> n; int<0..2> m = 1; bool b;"]
    if draw(st.integers(0, 4)) == 0:
        lines.append("preempt voluntary;")
    if shape.heap and draw(st.booleans()):
        lines.append("option allocation = may_fail;")
    lines += ["DEFINE_SPINLOCK(lock);"] * shape.spinlock + ["DEFINE_MUTEX(mx);"] * shape.mutex
    inner = "tasklet inner(work); " if draw(st.booleans()) else ""
    if shape.heap:
        lines.append(f"struct thing {{ int<0..2> value; {inner}}} o;")
    lines += ["DECLARE_WAIT_QUEUE_HEAD(wq);"] * shape.waitqueue
    lines.append("void twice(int<0..2> x) { if (x == m) return; m = x; }")
    lines.append("int<0..2> next(int<0..2> x) { if (x < 2) return x + 1; return 0; }")
    total = draw(st.integers(4, 9))
    places = len(shape.tasklets) + len(shape.irqs) + len(shape.threads) + shape.softirq + 2 * shape.module
    share = max(1, total // places)

    def body(level: str, left: int = share, within: Shape = shape) -> str:
        return Writer(draw, within, level, left).block()

    if shape.heap and inner:
        small = replace(shape, heap=False)
        lines.append(f"void work(void) {{ {body(HANDLER, 1, small)} }}")
        lines[-1] += " void arm(void) { tasklet_setup(&o.inner, work); tasklet_schedule(&o.inner); }"
    for n, t in enumerate(shape.tasklets):
        if n and draw(st.booleans()):
            lines.append(f"void {t}_work(void) {{ {body(HANDLER)} }} DECLARE_TASKLET_DISABLED({t}, {t}_work);")
        else:
            lines.append(f"tasklet {t} {{ {body(HANDLER)} }}")
    lines += ["struct workqueue_struct own;"] * bool(shape.queue)
    if shape.work:
        lines.append(f"void work_w(void) {{ {body(THREAD, min(share, 2))} }} DECLARE_WORK(w, work_w);")
    if shape.softirq:
        lines.append(f"softirq NET_RX {{ {body(HANDLER)} }}")

    def home() -> str:
        return f" on cpu {draw(st.integers(0, shape.cpus - 1))}" if draw(st.booleans()) else ""

    for i in shape.irqs:
        start = draw(st.sampled_from([f"tasklet_schedule(&{shape.tasklets[0]});", ""]))
        lines.append(f"irq {i}{home()} times 1 {{ {start} {body(HARDIRQ)} }}")
    for p in shape.threads:
        start = draw(st.sampled_from([f"tasklet_schedule(&{shape.tasklets[-1]});", ""]))
        arm = "if (kmalloc(o, GFP_KERNEL)) arm();" if shape.heap and inner and draw(st.booleans()) else ""
        make = shape.queue if draw(st.booleans()) else ""
        lines.append(f"thread {p}{home()} {{ {make} {arm} {start} {body(THREAD, share + 1)} }}")
    if shape.module:
        begin, end = ("request_irq(&nic);", "free_irq(&nic);") if shape.explicit else ("", "")
        kill = draw(st.sampled_from(["".join(f"tasklet_kill(&{t});" for t in shape.tasklets), ""]))
        lines.append(f"module {{ init {{ {begin} {body(THREAD)} }} exit {{ {end} {kill} {body(THREAD, 1)} }} }}")
    lines += draw(claims(shape))
    text = "\n".join(lines)
    return text, draw(st.sampled_from(versions(shape, text)))


@st.composite
def claims(draw: st.DrawFn, shape: Shape) -> list[str]:
    """Properties of the spec's own, some of which hold."""
    t, u = shape.tasklets[0], shape.tasklets[-1]
    atoms = ["b", "n == 2", "m == 0", f"pending({t})", f"running({u})", f"runs({t}) == 1", "n < m", "!b"]
    lines = []
    for number in range(draw(st.integers(0, 3))):
        some = draw(st.lists(st.sampled_from(atoms), min_size=1, max_size=3))
        joined = draw(st.sampled_from([" && ", " || ", " ==> "])).join(some)
        lines.append(f"{draw(st.sampled_from(['invariant', 'never', 'cover', 'cover']))} p{number}: {joined};")
    if draw(st.integers(0, 5)) == 0:
        lines.append('allow DF101 "chance";')
    return lines
