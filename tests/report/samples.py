"""Hand-made results to render: small, and each with something of its own."""

from __future__ import annotations

from dataclasses import replace

from defercheck.grammar.span import Source, Span
from defercheck.system.expr import Const
from defercheck.system.result import Exploration
from defercheck.system.system import Call, Context, Level, Location, Property, TransitionSystem, Variable
from defercheck.verdict import Change, CheckResult, Step, Trace, Verdict

SPEC = Source(
    "driver.dfr",
    """\
cpus 2;

struct device { int<0..7> count; } dev;
tasklet my_tasklet(my_handler);

void my_handler() {
    dev.count = dev.count + 1;
}

irq eth { tasklet_schedule(my_tasklet); }

module {
    init {
        kmalloc(dev, GFP_KERNEL);
        tasklet_setup(my_tasklet, my_handler);
        request_irq(eth);
    }
    exit {
        free_irq(eth);
        kfree(dev);
        tasklet_kill(my_tasklet);
    }
}
expect DF304;
""",
)
KERNEL = Source(
    "tasklet.dfr",
    "bool tasklet_schedule(tasklet t) {\n    if (test_and_set(t.SCHED)) return false;\n"
    "    atomic { push_back(tasklet_vec, t); }\n}\nvoid tasklet_action() {\n    t.func(t);\n}\n",
    kernel=True,
)


def span(text: str, source: Source = SPEC, nth: int = 1) -> Span:
    """The span of the ``nth`` occurrence of a text."""
    start = -1
    for _ in range(nth):
        start = source.text.index(text, start + 1)
    end = start + len(text)

    def place(offset: int) -> tuple[int, int]:
        before = source.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    return Span(source, start, end, *place(start), *place(end))


SCHEDULE = Call("tasklet_schedule", span("tasklet_schedule(my_tasklet)"))
ACTION = Call("tasklet_action", span("void tasklet_action", KERNEL))
HANDLER = Call("my_handler", span("t.func(t)", KERNEL))


def step(
    context: str,
    cpu: int,
    text: str,
    *changes: Change,
    level: Level = "thread",
    calls: tuple[Call, ...] = (),
    nth: int = 1,
) -> Step:
    """A step of the driver's own."""
    return Step(context, level, cpu, text, span(text, nth=nth), calls, False, changes)


def kernel(
    context: str, cpu: int, text: str, *changes: Change, level: Level = "thread", calls: tuple[Call, ...] = ()
) -> Step:
    """A step inside the kernel model."""
    return Step(context, level, cpu, text, span(text, KERNEL), calls, True, changes)


def driver(variable: str, before: object, after: object) -> Change:
    """A change of a driver's variable."""
    return Change(variable, str(before), str(after), "driver")


def inside(variable: str, before: object, after: object) -> Change:
    """A change of a kernel variable."""
    return Change(variable, str(before), str(after), "kernel")


TRACE = Trace(
    (
        step("module", 0, "kmalloc(dev, GFP_KERNEL)", driver("dev", "unallocated", "live")),
        step("module", 0, "request_irq(eth)"),
        kernel("irq eth", 1, "test_and_set(t.SCHED)", inside("my_tasklet.SCHED", "false", "true"), level="hardirq",
               calls=(SCHEDULE,)),
        step("module", 0, "free_irq(eth)"),
        kernel("irq eth", 1, "push_back(tasklet_vec, t)", inside("tasklet_vec[1].length", 0, 1), level="hardirq",
               calls=(SCHEDULE,)),
        kernel("irq eth", 1, "return false", level="hardirq", calls=(SCHEDULE,)),
        kernel("softirq/1", 1, "void tasklet_action()", level="softirq", calls=(ACTION,)),
        kernel("softirq/1", 1, "t.func(t)", inside("my_tasklet.SCHED", "true", "false"), level="softirq",
               calls=(ACTION,)),
        step("module", 0, "kfree(dev)", driver("dev", "live", "freed")),
        replace(step("softirq/1", 1, "dev.count = dev.count + 1", level="softirq", calls=(ACTION, HANDLER)),
                violates="uaf"),
    )
)  # fmt: skip

SYSTEM = TransitionSystem(
    name="driver.dfr",
    variables=(Variable("dev.count", 0, 7, 0), Variable("pc.module", 0, 1, 0, origin="pc")),
    contexts=(
        Context("module", "thread", Const(0), "pc.module", (Location("start"), Location("end")), frozenset({1})),
    ),
    transitions=(),
    properties=(
        Property("uaf", "DF301", "step", "dev is used after it was freed"),
        Property("leak", "DF306", "terminal", "dev is never freed"),
    ),
)
EXPLORATION = Exploration(
    complete=True, limit="", states=12345, transitions=45678, depth=57, fired=frozenset(), bits=36, seconds=0.42,
    compile_seconds=0.11, bytes=1 << 20,
)  # fmt: skip
USE_AFTER_FREE = Verdict(
    "DF301", "use after free", "violated", "my_handler writes dev.count after module exit has freed dev.", "dev",
    span("dev.count = dev.count + 1"), TRACE,
)  # fmt: skip
NO_LEAK = Verdict("DF306", "memory never freed", "explored", subject="dev")
RIGHT = CheckResult(
    spec=SPEC, kernel="6.1", cpus=2, verdicts=(NO_LEAK, Verdict("DF301", "use after free", "explored")), missing=(),
    exploration=EXPLORATION, system=SYSTEM, reductions=("local steps merged",),
    assumptions=("an interrupt may come at any moment while irqs are on", "allocation succeeds"), seconds=0.61,
)  # fmt: skip
WRONG = replace(RIGHT, verdicts=(USE_AFTER_FREE, NO_LEAK))
