"""As `faults`, for timers, interrupt lines with their threads, and devices."""

from __future__ import annotations

from tests.mutants.faults import Edit, Fault, one, removed

TIMERS = (
    one("an armed timer never expires", "kernel/timer_rearms_itself.dfr", "cover twice", "timer",
        "await (may_expire_here(t) && !ksoftirqd_gated());", "await (false);"),
    one("a timer stays armed while its function runs", "kernel/timer_delete_does_not_wait.dfr", "DF701", "timer",
        "t.armed = 0;\n                t.current_func", "t.current_func"),
    one("a timer that its function armed runs again at once, elsewhere", "kernel/timer_delete_sync_waits.dfr",
        "DF701", "timer", "await (!executing(t)) else DF402 \"spins for ever: the timer's function cannot return\";\n"
        "        was = t.armed > 0;\n        t.armed = 0;\n    }\n    return was;\n}\n// -1",
        "was = t.armed > 0;\n        t.armed = 0;\n    }\n    return was;\n}\n// -1"),
    one("timer_delete leaves the timer armed", "kernel/timer_delete_does_not_wait.dfr", "DF701", "timer",
        "was = t.armed > 0;\n        t.armed = 0;\n    }\n    return was;\n}\n\n// A busy wait",
        "was = t.armed > 0;\n    }\n    return was;\n}\n\n// A busy wait"),
    one("timer_delete waits", "kernel/timer_delete_does_not_wait.dfr", "cover both", "timer",
        "del_timer(timer t) { return timer_delete(t); }", "del_timer(timer t) { return timer_delete_sync(t); }"),
    one("a timer is taken to run for ever", "kernel/timer_rearms_itself.dfr", "DF402", "timer",
        "running_timer[this_cpu] = NULL;", ";"),
    one("what was shut down can be armed", "kernel/timer_shutdown.dfr", "DF701", "timer",
        "if (!t.stopped) {                       //", "{  //"),
    one("what was shut down can never be set up again", "kernel/timer_shutdown.dfr", "DF701", "timer",
        "t.stopped = false;", ";"),
    one("a pinned timer runs anywhere", "kernel/timer_pinned.dfr", "DF701", "timer",
        "if (!t.stopped) t.armed = cpu + 1;", "if (!t.stopped) t.armed = 9;"),
    one("a pinned timer that is armed again runs anywhere", "kernel/timer_pinned.dfr", "DF701", "timer",
        "if (t.pinned) {", "if (false) {"),
    one("no other timer of the CPU runs in the same frame", "kernel/timer_order.dfr", "cover together", "timer",
        "        others = true;", "        ;", "6.19"),
    one("timers run after tasklets", "kernel/timer_order.dfr", "cover together", "softirq",
        "if (v == TIMER_SOFTIRQ) run_timers();", "if (v == RCU_SOFTIRQ) run_timers();"),
    one("TIMER_IRQSAFE does nothing", "kernel/timer_irqsafe.dfr", "DF701", "timer",
        "if (t.irqsafe) irqs_off = true;", ";"),
    one("a lock is not needed by whom one spins for", "kernel/timer_sync_under_its_lock.dfr", "missing DF402", "timer",
        "bool executing(timer t) {", "bool executing(timer t) {\n    return false;"),
    one("memory of an armed timer may be freed", "kernel/timer_freed_while_armed.dfr", "missing DF303", "memory",
        "check DF303 (!allocated(o) || t.armed == 0)", "check DF303 (true)"),
    Fault("a module may go with a timer armed or running", "kernel/timer_outlives_its_module.dfr", ("missing DF304",), (
        Edit("module", "check DF304 (t.armed == 0)", "check DF304 (true)"),
        Edit("module", "check DF304 (!executing(t))", "check DF304 (true)"))),
)  # fmt: skip

HRTIMERS = (
    one("HRTIMER_RESTART does nothing", "kernel/hrtimer_restarts.dfr", "cover all", "hrtimer",
        "if (returned == HRTIMER_RESTART && t.initialised) t.armed = true;", ";"),
    one("every hrtimer comes again", "kernel/hrtimer_restarts.dfr", "DF704", "hrtimer",
        "if (returned == HRTIMER_RESTART && t.initialised)", "if (t.initialised)"),
    one("an hrtimer stays queued while its function runs", "kernel/hrtimer_restarts.dfr", "DF701", "hrtimer",
        "void hrtimer_taken(hrtimer t) {\n    t.armed = false;", "void hrtimer_taken(hrtimer t) {"),
    one("hrtimer_cancel does not wait", "kernel/hrtimer_restarts.dfr", "DF701", "hrtimer",
        "await (!executing(t)) else DF402", "await (true) else DF402"),
    one("soft hrtimers are hard", "kernel/hrtimer_soft.dfr", "DF701", "hrtimer",
        "t.soft = (mode & HRTIMER_MODE_SOFT) != 0;", "t.soft = false;"),
    one("hrtimer_try_to_cancel never fails", "kernel/hrtimer_soft.dfr", "cover too_late", "hrtimer",
        "if (executing(t)) was = -1;", "if (false) was = -1;"),
    one("the function of an hrtimer is thought to be over", "kernel/hrtimer_cancel_under_its_lock.dfr", "missing DF402",
        "hrtimer", "bool executing(hrtimer t) {", "bool executing(hrtimer t) {\n    return false;"),
)  # fmt: skip

DEVICES = (
    one("lines are released last", "kernel/device_devm_order.dfr", "DF301", "device",
        "push_front(d.devres, line);\n    return 0;\n}\nint devm_request_threaded",
        "push_back(d.devres, line);\n    return 0;\n}\nint devm_request_threaded"),
    one("nothing is released when probe fails", "kernel/device_devm_order.dfr", "cover half", "device",
        "device_remove();\n    }\n    devres_release_all(d);",
        "device_remove();\n        devres_release_all(d);\n    }"),
    one("managed memory is released before remove", "kernel/device_devm_order.dfr", "DF701", "device",
        "        device_remove();", "        devres_release_all(d);\n        device_remove();"),
    one("a device is opened although its probe failed", "kernel/device_open_close.dfr", "DF701", "device",
        "if (!failed) {", "if (true) {"),
    one("a device is removed while it is open", "kernel/device_open_close.dfr", "DF701", "device",
        "d.opened = false;\n                device_close();", ";"),
    one("a device that refused is open", "kernel/device_open_close.dfr", "DF701", "device",
        "if (!refused) {", "if (true) {"),
)  # fmt: skip

LINES = (
    removed("disable_irq masks nothing", "kernel/irq_disable_waits.dfr", "DF206", "irq", "line.depth++;"),
    one("disable_irq does not wait", "kernel/irq_disable_waits.dfr", "DF701", "irq",
        "    synchronize_irq(line);\n}\nvoid enable_irq", "}\nvoid enable_irq"),
    one("a disabled line fires", "kernel/irq_disable_waits.dfr", "DF701", "irq",
        " && line.depth == 0 && irqs_may", " && irqs_may"),
    one("enabled at once, however often disabled", "kernel/irq_disable_waits.dfr", "DF701", "irq",
        "line.depth--;", "line.depth = 0;"),
    one("disable_irq_nosync waits", "kernel/irq_disable_nosync.dfr", "cover not_waited_for", "irq",
        "line.depth++; }", "line.depth++; await (!line.inprogress); }"),
    one("synchronize_irq does not wait", "kernel/irq_disable_nosync.dfr", "DF701", "irq",
        "await (!line.inprogress) else DF402 \"waits for ever: the", "await (true) else DF402 \"waits for ever: the"),
    one("synchronize_irq never complains", "kernel/irq_disable_under_a_lock.dfr", "missing DF101", "irq",
        "when (irq_wait != spin) might_sleep();", ";"),
    one("a line that is not enabled by itself fires", "kernel/irq_no_autoen.dfr", "DF701", "irq",
        "line.depth = (flags & IRQF_NO_AUTOEN) != 0 ? 1 : 0;", "line.depth = 0;"),
    removed("a line is requested twice", "kernel/irq_requested_twice.dfr", "DF701", "irq",
            "if (line.requested) return -EBUSY;"),
    one("a thread is not woken while it runs", "kernel/irq_thread.dfr", "DF701", "irq",
        "in line) t.RUNTHREAD = true;", "in line) t.RUNTHREAD = t.RUNTHREAD || !t.running;"),
    removed("a woken thread is never done", "kernel/irq_thread.dfr", "DF402", "irq", "t.RUNTHREAD = false;"),
    one("free_irq leaves a woken thread", "kernel/irq_thread.dfr", "DF701", "irq",
        "await (!line.inprogress && !irq_thread_active(line)) else", "await (!line.inprogress) else"),
    one("every handler wakes the thread", "kernel/irq_thread_not_woken.dfr", "DF701", "irq",
        "if (returned == IRQ_WAKE_THREAD) wake", "wake"),
    one("IRQF_ONESHOT masks nothing", "kernel/irq_thread_oneshot.dfr", "DF701", "irq",
        "bool irq_may_fire(irq line) {\n    if (line.oneshot && irq_thread_active(line)) return false;",
        "bool irq_may_fire(irq line) {"),
    one("disable_irq does not wait for the thread", "kernel/irq_thread_disable.dfr", "DF701", "irq",
        "if (irq_thread_active(line)) {", "if (false) {"),
    Fault("a line fires also when it does not", "kernel/irq_level.dfr", ("invariant only_then",), (
        Edit("machine", "guard = conj(guard, self.holds(d.line.when))", "guard = guard"),)),
)  # fmt: skip

LIFE = (*TIMERS, *HRTIMERS, *LINES, *DEVICES)
"""All of them."""
