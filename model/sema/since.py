"""The first kernel version that has a call or a name, where the oldest that the model knows has not."""

from __future__ import annotations

SINCE: dict[str, str] = {
    # semantics §4.1: the headers of 2.6.20 have neither, 2.6.32 has all; which release between is (U)
    **dict.fromkeys(("cancel_work_sync",), "2.6.22"),
    **dict.fromkeys(("cancel_delayed_work_sync",), "2.6.23"),
    **dict.fromkeys(("flush_work", "queue_work_on", "schedule_work_on"), "2.6.27"),
    "flush_delayed_work": "2.6.33",
    # §4.2
    **dict.fromkeys(
        ("alloc_workqueue", "system_wq", "system_long_wq", "system_unbound_wq", "work_busy", "WQ_UNBOUND",
         "WQ_FREEZABLE", "WQ_HIGHPRI", "WQ_MEM_RECLAIM", "WQ_CPU_INTENSIVE"), "2.6.36"),
    "alloc_ordered_workqueue": "2.6.37",
    # §4.8: in 3.6.5, not in 2.6.37; the release is (U)
    "drain_workqueue": "3.0",
    # §4.5: in 3.8.13, not in 3.6.5
    **dict.fromkeys(("mod_delayed_work", "system_highpri_wq"), "3.7"),
    "cancel_work": "4.9",  # (U): it came, went and came again
    **dict.fromkeys(("WQ_BH", "system_bh_wq", "system_bh_highpri_wq"), "6.9"),  # §0, §4.10: not in 6.8
    **dict.fromkeys(  # §4.7: not in 6.8, in 6.10
        ("disable_work", "disable_work_sync", "enable_work", "disable_delayed_work", "disable_delayed_work_sync",
         "enable_delayed_work"), "6.10"),
    # drivers/base/devres.c, include/linux/devm-helpers.h
    **dict.fromkeys(("devm_add_action", "devm_remove_action"), "3.19"),
    **dict.fromkeys(("devm_add_action_or_reset",), "4.8"),
    "devm_release_action": "5.0",
    "WQ_PERCPU": "6.17",  # §4.2: not in 6.14, in 6.18
}  # fmt: skip
"""Of a spec for an older version that uses one of these, it is said what is missing and from when on it is there."""


def missing(name: str, version: str) -> str | None:
    """The version from which on a name is there, when the given one lacks it."""
    first = SINCE.get(name)
    return first if first is not None and key(version) < key(first) else None


def key(version: str) -> tuple[int, ...]:
    """A version in the order of versions."""
    return tuple(int(part) for part in version.split("."))
