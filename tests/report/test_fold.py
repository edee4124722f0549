"""Which steps share a row of a schedule."""

from dataclasses import replace

from defercheck.report.fold import rows, title
from defercheck.verdict import Step, Trace

from tests.report.samples import ACTION, HANDLER, SCHEDULE, TRACE, driver, inside, kernel, step


def table(*steps: Step, verbose: bool = False) -> list[tuple[str, int, int | None]]:
    return [(row.text, row.steps, row.line) for row in rows(Trace(steps), verbose)]


S1 = kernel("t", 0, "test_and_set(t.SCHED)", inside("my_tasklet.SCHED", "false", "true"), calls=(SCHEDULE,))
S2 = kernel("t", 0, "push_back(tasklet_vec, t)", calls=(SCHEDULE,))
OTHER = step("u", 1, "kfree(dev)")
CALL = step("t", 0, "tasklet_schedule(my_tasklet)")


def test_a_kernel_call_is_one_row_with_the_drivers_words_and_line() -> None:
    assert table(S1, S2) == [("tasklet_schedule(my_tasklet)", 2, 10)]


def test_verbose_keeps_every_step() -> None:
    assert table(S1, S2, verbose=True) == [("test_and_set(t.SCHED)", 1, 10), ("push_back(tasklet_vec, t)", 1, 10)]


def test_the_drivers_own_step_of_the_same_call_joins() -> None:
    assert table(CALL, S1, S2) == [("tasklet_schedule(my_tasklet)", 3, 10)]
    assert table(S1, S2, CALL) == [("tasklet_schedule(my_tasklet)", 3, 10)]


def test_two_steps_of_the_driver_never_share_a_row() -> None:
    assert [steps for _, steps, _ in table(CALL, CALL)] == [1, 1]
    assert [steps for _, steps, _ in table(S1, CALL, S1)] == [2, 1]


def test_a_switch_ends_a_row_and_the_rest_is_marked_as_continued() -> None:
    result = rows(Trace((S1, OTHER, S2)))
    assert [(row.context, row.resumed) for row in result] == [
        ("thread t", False), ("thread u", False), ("thread t", True),
    ]  # fmt: skip


def test_what_the_driver_does_itself_is_not_called_continued() -> None:
    mine = step("t", 0, "kfree(dev)")
    assert [row.resumed for row in rows(Trace((mine, replace(OTHER, context="v"), mine)))] == [False] * 3


def test_kernel_steps_without_a_driver_site_go_by_the_functions_name() -> None:
    first = kernel("softirq/0", 0, "void tasklet_action()", level="softirq", calls=(ACTION,))
    assert table(first, replace(first, label="x")) == [("tasklet_action", 2, None)]
    assert table(replace(first, calls=(), label="irq exit")) == [("irq exit", 1, None)]


def test_changes_are_net() -> None:
    there = replace(S1, changes=(inside("x", 0, 1), driver("y", 0, 1)))
    back = replace(S2, changes=(inside("x", 1, 0), driver("y", 1, 2)))
    (row,) = rows(Trace((there, back)))
    assert row.changes == (driver("y", 0, 2),)


def test_titles_name_the_handler_that_the_kernel_called_back() -> None:
    body = step("softirq/1", 1, "dev.count = dev.count + 1", level="softirq", calls=(ACTION, HANDLER))
    inner = kernel("softirq/1", 1, "test_and_set(t.SCHED)", level="softirq", calls=(ACTION, HANDLER, SCHEDULE))
    assert title(body) == title(inner) == "softirq/1: my_handler"
    assert title(kernel("softirq/1", 1, "t.func(t)", level="softirq", calls=(ACTION,))) == "softirq/1"
    assert title(step("module", 0, "kfree(dev)")) == "thread module"
    assert title(replace(S1, context="ksoftirqd/0")) == "ksoftirqd/0"
    assert title(replace(S1, context="irq eth", level="hardirq")) == "irq eth"


def test_all_steps_are_counted_once() -> None:
    result = rows(TRACE)
    assert result[0].first == 1
    assert result[-1].last == len(TRACE.steps)
    assert sum(row.steps for row in result) == len(TRACE.steps)
    assert result[-1].violates
    assert not any(row.violates for row in result[:-1])
