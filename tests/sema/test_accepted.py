"""What C allows and means something here is accepted, and what is accepted is compiled."""

from __future__ import annotations

import time

import pytest
from defercheck.check import Options, compile_spec, kernel_model, load, versions
from defercheck.grammar.span import Source, SpecError
from defercheck.sema.check import check
from defercheck.sema.declare import declare

from tests.rules.pages import NAMES, RUNNABLE
from tests.table import SPECS

TOP = """
int<0..7> n; bool flag; enum state { IDLE, BUSY } ; state now;
struct device { int<0..3> users; spinlock lock; struct tasklet_struct t; unsigned long flags; } dev, spare;
DEFINE_SPINLOCK(lock); DEFINE_MUTEX(big); DECLARE_TASKLET(rx_tasklet, rx, 0); tasklet late; int<0..3> a[4];
void rx(unsigned long data) { printk("%lu", data); }
void tx(struct tasklet_struct *t) { }
void users(struct device *d) { d->users++; }
int answer(int x) { if (x > 2) return -EIO; return x; }
bool idle() { return now == IDLE && !pending(rx_tasklet); }
void save(out bool flags) { spin_lock_irqsave(&lock, flags); }
"""

STATEMENTS = (
    "if (n) flag = 1;",
    "flag = 0; n = flag;",
    "while (n & 1) n--;",
    "if (dev) kfree(dev);",
    "if (kmalloc(dev, GFP_ATOMIC) == NULL) return;",
    "if (!kzalloc(&dev, GFP_ATOMIC)) return; users(&dev); users(dev);",
    "struct device *d = &dev; if (d == NULL) d = &spare; if (d != &dev) n = 1;",
    "struct tasklet_struct *t; t = flag ? &rx_tasklet : &late; tasklet_schedule(t);",
    "tasklet_init(&late, tx, 0); tasklet_init(&late, rx); tasklet_setup(&late, tx);",
    "unsigned long flags = 0; spin_lock_irqsave(&lock, flags); spin_unlock_irqrestore(&lock, flags);",
    "unsigned long mine; save(mine); spin_unlock_irqrestore(&lock, mine);",
    "if (answer(n) < 0) return; n = answer(2); int<-5..3> e = answer(n);",
    "if (answer(n) == -EIO || answer(3)) n = 0;",
    "now = BUSY; if (now != IDLE && now > IDLE) now = flag ? IDLE : BUSY;",
    "raise_softirq(NET_RX); raise_softirq(NET_RX_SOFTIRQ);",
    "flag |= n > 3; flag &= idle(); flag ^= true; n |= 1; n = n << 1 & 7;",
    "a[0] = 1; a[n & 3]++; for (int<0..4> i = 0; i < 4; i++) n = a[i & 3];",
    "for (int<0..3> i = 0; i < 3; i++) n = i; for (int<0..7> i = 0; i < 7; i++) n = i;",
    "atomic { n = 1; flag = idle(); for (int<0..3> i = 0; i < 3; i++) n = i; kmalloc(dev, GFP_ATOMIC); tx(&late); }",
    "if (!test_and_set(flag)) n = 1; test_and_clear(flag);",
    "if (idle() && tasklet_schedule(rx_tasklet) && n == 1) n = 2;",
    "await (n > 3 || idle());",
    "choose { n = any(0..7); } or { flag = any(); } or { return; }",
    "bool pending = true; bool live = pending; if (live) n = 1;",
    'n = smp_processor_id(); if (in_interrupt() && irqs_disabled()) assert(n < 3, "why");',
    'printk(KERN_INFO "%d %p", n, &dev); udelay(10);',
    "{ { bool inner; } { int<0..3> inner; } } ; do n--; while (n > 1);",
    "rx(0); rx((unsigned long)&dev);",
    "n = (flag && n < 7) ? n + 1 : 0;",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements(statement: str) -> None:
    text = f"cpus 1; {TOP} irq nic times 1 {{ {statement} }}"
    system = compile_spec(load(Source("spec.dfr", text)), "6.1", Options())
    assert system.transitions


@pytest.mark.parametrize(
    "property",
    [
        "invariant n < 8 && flag ==> running(rx_tasklet) || runs(rx_tasklet) < 2;",
        "never bad: freed(dev) && (pending(rx_tasklet) || idle());",
        "cover both: now == BUSY && a[2] == 1;",
        "invariant x: allocated(dev) ==> dev.users < 3;",
    ],
)
def test_properties(property: str) -> None:
    text = f"cpus 1; {TOP} irq nic times 1 {{ n = 1; }} {property}"
    assert compile_spec(load(Source("spec.dfr", text)), "6.1", Options()).properties


@pytest.mark.parametrize(("page", "heading", "text"), RUNNABLE, ids=NAMES)
def test_the_specs_of_the_rules(page: object, heading: str, text: str) -> None:
    declare_and_check(text)


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.dfr")), ids=lambda p: str(p.relative_to(SPECS)))
def test_the_shipped_specs(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    if path.name == "tasklet_as_printed.dfr":  # type: ignore[attr-defined]
        with pytest.raises(SpecError, match="there is no function `tasklet_function`"):
            declare_and_check(text)
    else:
        declare_and_check(text)


def declare_and_check(text: str) -> float:
    """Check a spec for every version that it names; the seconds that the quickest took."""
    spec = load(Source("spec.dfr", text))
    model, best = kernel_model(), 1e9
    for version in versions(spec):
        begun = time.perf_counter()
        check(declare(spec, model, version, 2))
        best = min(best, time.perf_counter() - begun)
    return best


def test_a_check_costs_milliseconds() -> None:
    """Measured: about 1.5 ms; ten times that would be felt by those who check hundreds of specs."""
    text = TOP + "".join(f"irq nic{n} {{ {s} }}\n" for n, s in enumerate(STATEMENTS[:3]))
    assert min(declare_and_check(text) for _ in range(5)) < 0.05
