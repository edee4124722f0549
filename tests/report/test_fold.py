"""Which steps share a row of a schedule."""

from dataclasses import replace

from defercheck.report.fold import rows, shown
from defercheck.report.who import titles
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
    assert table(replace(first, calls=(), label="x"), first, first) == [("tasklet_action", 3, None)]
    assert table(replace(first, calls=(), label="x")) == [("x", 1, None)]
    assert table(*(replace(first, calls=(), label=text) for text in "aabac")) == [("a; c", 5, None)]
    assert table(first, replace(first, label="y", violates="p")) == [("void tasklet_action()", 1, None), ("y", 1, None)]


def test_the_kernels_part_of_the_start_of_a_context_joins_the_start() -> None:
    begins = step("hardirq/1", 1, "irq eth", level="hardirq")
    enters = kernel("hardirq/1", 1, "t.func(t)", level="hardirq")
    assert table(begins, enters) == [("irq eth", 2, 10)]


def test_a_call_within_a_declaration_does_not_join_the_start_of_the_context() -> None:
    begins = step("module", 0, "irq eth { tasklet_schedule(my_tasklet); }")
    inner = kernel("module", 0, "test_and_set(t.SCHED)", calls=(HANDLER, SCHEDULE))
    assert [steps for _, steps, _ in table(begins, inner)] == [1, 1]


def test_changes_are_net() -> None:
    there = replace(S1, changes=(inside("x", 0, 1), driver("y", 0, 1)))
    back = replace(S2, changes=(inside("x", 1, 0), driver("y", 1, 2)))
    (row,) = rows(Trace((there, back)))
    assert row.changes == (driver("y", 0, 2),)


BODY = step("softirq/1", 1, "dev.count = dev.count + 1", level="softirq", calls=(ACTION, HANDLER))
INNER = kernel("softirq/1", 1, "test_and_set(t.SCHED)", level="softirq", calls=(ACTION, HANDLER, SCHEDULE))
LOOP = kernel("softirq/1", 1, "t.func(t)", level="softirq", calls=(ACTION,))


def who(*steps: Step) -> list[str]:
    return list(titles(Trace(steps)))


def test_titles_name_the_handler_that_the_kernel_called_back() -> None:
    assert who(BODY) == who(INNER) == ["softirq/1: my_handler"]
    assert who(LOOP) == ["softirq/1"]
    assert who(step("module", 0, "kfree(dev)")) == ["module"]
    assert who(step("reader", 0, "kfree(dev)")) == ["thread reader"]
    assert who(replace(S1, context="ksoftirqd/0")) == ["ksoftirqd/0"]
    assert who(replace(BODY, level="hardirq", context="hardirq/1")) == ["irq my_handler"]


def test_what_the_kernel_does_around_a_handler_is_said_to_be_the_handlers() -> None:
    assert who(LOOP, BODY, LOOP) == ["softirq/1: my_handler"] * 3
    elsewhere = replace(LOOP, cpu=0, context="softirq/0")
    assert who(LOOP, elsewhere, BODY) == ["softirq/1: my_handler", "softirq/0", "softirq/1: my_handler"]


def test_but_not_across_the_end_of_a_frame() -> None:
    below = step("reader", 1, "kfree(dev)")
    assert who(LOOP, below, BODY, LOOP, below, LOOP) == [
        "softirq/1", "thread reader", "softirq/1: my_handler", "softirq/1: my_handler", "thread reader", "softirq/1",
    ]  # fmt: skip
    begins = step("hardirq/1", 1, "irq eth", level="hardirq")
    other = replace(BODY, context="hardirq/1", level="hardirq")
    ends = replace(LOOP, context="hardirq/1", level="hardirq", calls=())
    assert who(begins, other, ends, begins, ends) == [*["irq my_handler"] * 3, "hardirq/1", "hardirq/1"]


def test_what_changed_is_told_where_it_can_be_understood() -> None:
    def told(*steps: Step, verbose: bool = False) -> list[str]:
        (row,) = rows(Trace(steps))
        return [c.variable for c in shown(row, verbose)]

    every = (
        driver("x", 0, 1), inside("my_tasklet.SCHED", 0, 1), inside("other.SCHED", 0, 1), inside("pending[0]", 0, 1),
        inside("module_state", 0, 1), replace(inside("my_tasklet.running", "false", "true"), origin="ghost"),
    )  # fmt: skip
    assert told(replace(S1, changes=every)) == ["x", "my_tasklet.SCHED"]
    assert told(replace(S1, changes=every), verbose=True) == [c.variable for c in every]
    assert told(replace(LOOP, changes=every)) == ["x", "my_tasklet.running"]
    assert told(replace(BODY, label="x = 1", changes=every)) == []


def test_all_steps_are_counted_once() -> None:
    result = rows(TRACE)
    assert result[0].first == 1
    assert result[-1].last == len(TRACE.steps)
    assert sum(row.steps for row in result) == len(TRACE.steps)
    assert result[-1].violates
    assert not any(row.violates for row in result[:-1])
