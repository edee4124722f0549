"""Small specs to ask things of."""

HOLDS = """\
tasklet rx { }
irq nic { tasklet_schedule(&rx); }
invariant alone: running(rx) ==> runs(rx) > 0;
cover handled: runs(rx) == 1;
"""
SLEEPS = """\
tasklet rx { msleep(1); }
irq nic { tasklet_schedule(&rx); }
never handled_twice: runs(rx) == 2;
cover gone: runs(rx) == 1 && !running(rx);
"""
"""Breaks DF101, so it never gets to ``gone`` or ``handled_twice``."""

ORDER = """\
kernel "2.6.20", "6.1";
cpus 1;
tasklet first { }
tasklet second { }
irq nic on cpu 0 times 1 { tasklet_schedule(&first); tasklet_schedule(&second); }
never backwards: runs(second) > runs(first);
"""
"""Holds where the list of tasklets is a queue (6.1), not where it is a stack (2.6.20)."""
