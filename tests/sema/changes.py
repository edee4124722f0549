"""Right specs, and random changes of them, most of which are wrong."""

from __future__ import annotations

import random
import re

from tests.rules.pages import RUNNABLE

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

SPECS = [text for _, _, text in RUNNABLE] + [f"{TOP} irq nic {{ {s} }} never x: !idle();" for s in STATEMENTS]
WORDS = re.findall(
    r"\S+",
    "true 0 3 99 NULL any() int bool void unsigned tasklet spinlock tasklet_setup tasklet_schedule spin_lock_irqsave "
    "mutex_lock kmalloc kfree GFP_ATOMIC pending running runs this_cpu irqs_off TASK NET_RX rx dev lock flag nic step "
    "push_back allocated in_interrupt msleep(1) tasklet_shedule schedule_work nobody nothing() spin_release "
    "leave_context",
)
_TOKEN = re.compile(r"\s+|\w+|\"[^\"]*\"|//[^\n]*|[^\w\s]")
_NAME = re.compile(r"\w")
_STATEMENT = re.compile(r"(?<=[;{}\n])")


def changed(text: str, seed: int) -> str:
    """A spec with some of its tokens, names or statements deleted, repeated, exchanged or replaced.

    Names most of all: a change of a sign rarely comes past the parser, which has tests of its own.
    """
    chance = random.Random(seed)
    for _ in range(chance.choice([1, 1, 2, 3])):
        what = chance.choice(["name", "name", "name", "statement", "token"])
        parts = _STATEMENT.split(text) if what == "statement" else _TOKEN.findall(text)
        places = [n for n, part in enumerate(parts) if (_NAME.match(part) if what == "name" else part.strip())]
        if not places:
            return text
        at, other = chance.choice(places), chance.choice(places)
        match chance.choice(["swap", "copy", "word"] if what == "name" else ["delete", "repeat", "swap", "copy"]):
            case "delete":
                parts[at] = ""
            case "repeat":
                parts[at] += " " + parts[at]
            case "swap":
                parts[at], parts[other] = parts[other], parts[at]
            case "copy":
                parts[at] = parts[other]
            case "word":
                parts[at] = chance.choice(WORDS)
        text = "".join(parts)
    return text
