"""From a trace's steps to a schedule's rows: what the kernel did inside a call becomes the line that called it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from defercheck.grammar.span import Span
from defercheck.system.system import Level
from defercheck.verdict import Change, Step, Trace

DEPTH: dict[Level, int] = {"thread": 0, "softirq": 1, "hardirq": 2}
"""How far in a level stands: what may interrupt what, on one CPU."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a schedule: consecutive steps of one context that belong to one statement of the driver.

    ``first`` and ``last`` number the steps, from 1. ``line`` is the driver's line, None where no driver statement is
    behind the steps. ``changes`` are net: what changed and changed back within the row is gone. ``resumed`` says that
    the same statement had begun in an earlier row, before something else ran.
    """

    first: int
    last: int
    context: str
    level: Level
    cpu: int
    text: str
    line: int | None
    kernel: bool
    changes: tuple[Change, ...]
    violates: bool
    resumed: bool = False

    @property
    def steps(self) -> int:
        """How many steps the row stands for."""
        return self.last - self.first + 1


def rows(trace: Trace, verbose: bool = False) -> tuple[Row, ...]:
    """The rows of a schedule. ``verbose`` keeps every step, also those inside the kernel."""
    groups: list[list[tuple[int, Step]]] = []
    for numbered in enumerate(trace.steps, start=1):
        if groups and not verbose and _belongs(numbered[1], [step for _, step in groups[-1]]):
            groups[-1].append(numbered)
        else:
            groups.append([numbered])
    result: list[Row] = []
    latest: dict[str, object] = {}
    for group in groups:
        steps = [step for _, step in group]
        context, anchor = steps[0].context, _anchor(steps[0])
        resumed = steps[0].kernel and latest.get(context) == anchor
        text = steps[0].label if verbose else _text(steps)
        result.append(_row(group[0][0], group[-1][0], steps, text, resumed and not verbose))
        latest[context] = anchor
    return tuple(result)


def _belongs(step: Step, group: list[Step]) -> bool:
    """Whether a step goes on with the statement of the group before it: kernel steps of one call, with the driver's
    own step before (it evaluates the arguments) or after (it takes the result). Two driver steps never share a row."""
    head, tail = group[0], group[-1]
    if step.context != head.context or step.cpu != head.cpu:
        return False
    if step.kernel and tail.kernel:
        return _anchor(step) == _anchor(tail)
    if step.kernel == tail.kernel or (not step.kernel and not head.kernel) or (step.kernel and len(group) > 1):
        return False
    site, statement = driver_site(step if step.kernel else tail), driver_site(tail if step.kernel else step)
    return site is not None and statement is not None and _contains(statement, site)


def _contains(outer: Span, inner: Span) -> bool:
    return outer.source.name == inner.source.name and outer.start <= inner.start and inner.end <= outer.end


def title(step: Step) -> str:
    """Who runs, for people: ``thread module``, ``softirq/0: my_handler``, ``irq dev``."""
    name = step.context
    if step.level == "thread" and not name.startswith(("thread", "ksoftirqd")):
        name = f"thread {name}"
    handler = _handler(step)
    return f"{name}: {handler}" if handler and handler not in name else name


def shown(changes: Iterable[Change], verbose: bool) -> tuple[Change, ...]:
    """The changes worth telling: the driver's own; with ``verbose`` also what the kernel keeps."""
    wanted = ("driver", "kernel", "ghost") if verbose else ("driver",)
    return tuple(c for c in changes if c.origin in wanted)


def driver_site(step: Step) -> Span | None:
    """The driver statement that a step belongs to: its own, or the innermost call that the driver wrote."""
    if not step.kernel and step.span is not None and not step.span.source.kernel:
        return step.span
    for call in reversed(step.calls):
        if not call.site.source.kernel:
            return call.site
    return None


def _anchor(step: Step) -> object:
    """What kernel steps must have in common to share a row: the driver's call, else the kernel's function."""
    site = driver_site(step)
    if site is not None:
        return (site.source.name, site.start, site.end)
    return step.calls[0].function if step.calls else step.label


def _text(steps: list[Step]) -> str:
    """The driver's own words where there are some, else the name of the kernel's function."""
    for step in steps:
        if not step.kernel:
            return step.label
    site = driver_site(steps[0])
    if site is not None:
        return " ".join(site.text.split()).rstrip(";")
    return steps[0].calls[0].function if steps[0].calls else steps[0].label


def _handler(step: Step) -> str:
    """The driver's function that the kernel called back, outermost: a tasklet's handler within its softirq."""
    own = [] if step.kernel or step.span is None else [step.span]
    inner = [call.site for call in step.calls[1:]] + own
    for call, site in zip(step.calls, inner, strict=False):
        if call.site.source.kernel and not site.source.kernel:
            return call.function
    return ""


def _row(first: int, last: int, steps: list[Step], text: str, resumed: bool) -> Row:
    head = steps[0]
    site = driver_site(head)
    return Row(
        first=first,
        last=last,
        context=title(head),
        level=head.level,
        cpu=head.cpu,
        text=text,
        line=site.line if site else None,
        kernel=all(step.kernel for step in steps),
        changes=_net(change for step in steps for change in step.changes),
        violates=any(step.violates for step in steps),
        resumed=resumed,
    )


def _net(changes: Iterable[Change]) -> tuple[Change, ...]:
    """First value before, last value after, of each variable that ends up different."""
    merged: dict[str, Change] = {}
    for change in changes:
        old = merged.get(change.variable)
        merged[change.variable] = Change(change.variable, old.before, change.after, change.origin) if old else change
    return tuple(c for c in merged.values() if c.before != c.after)
