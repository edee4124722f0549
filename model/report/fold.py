"""From a trace's steps to a schedule's rows: what the kernel did inside a call becomes the line that called it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from defercheck.grammar.span import Span
from defercheck.report.who import driver_site, titles
from defercheck.system.system import Call, Level
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
    groups: list[list[int]] = []
    for index, step in enumerate(trace.steps):
        if groups and not verbose and index != trace.loop and _belongs(step, [trace.steps[i] for i in groups[-1]]):
            groups[-1].append(index)
        else:
            groups.append([index])
    who = titles(trace)
    result: list[Row] = []
    latest: dict[str, object] = {}
    for group in groups:
        steps = [trace.steps[i] for i in group]
        context, anchor = steps[0].context, _anchor(steps[0])
        resumed = not verbose and steps[0].kernel and anchor is not None and latest.get(context) == anchor
        text = steps[0].label if verbose else _text(steps)
        result.append(_row(group[0] + 1, group[-1] + 1, who[group[0]], steps, text, resumed))
        latest[context] = anchor
    return tuple(result)


def _belongs(step: Step, group: list[Step]) -> bool:
    """Whether a step goes on with the row of the group before it.

    Kernel steps of one call share a row, with the driver's own step before (it evaluates the arguments) or after (it
    takes the result); and so do steps of the kernel that no call of the driver led to. Two driver steps never do.
    """
    head, tail = group[0], group[-1]
    if step.context != head.context or step.cpu != head.cpu:
        return False
    if step.kernel and tail.kernel:
        anchor = _anchor(step)
        return anchor == _anchor(tail) and (anchor is not None or not step.violates)
    if step.kernel == tail.kernel or (not step.kernel and not head.kernel) or (step.kernel and len(group) > 1):
        return False
    inner, outer = (step, tail) if step.kernel else (tail, step)
    site, statement = driver_site(inner), driver_site(outer)
    if site is None:
        return step.kernel and not (step.calls or tail.calls)  # the kernel's part of the start of a context
    return statement is not None and _contains(statement, site) and _around(inner, site) == outer.calls


def _around(step: Step, site: Span) -> tuple[Call, ...]:
    """The calls around the driver statement in which a kernel step's call is written."""
    before = [index for index, call in enumerate(step.calls) if call.site == site]
    return step.calls[: before[-1]] if before else step.calls


def _contains(outer: Span, inner: Span) -> bool:
    return outer.source.name == inner.source.name and outer.start <= inner.start and inner.end <= outer.end


def _anchor(step: Step) -> object:
    """What kernel steps must have in common to share a row: the driver's call; None for what no call led to."""
    site = driver_site(step)
    return (site.source.name, site.start, site.end) if site is not None else None


def _text(steps: list[Step]) -> str:
    """The driver's own words where there are some, else the names of the kernel's functions."""
    for step in steps:
        if not step.kernel:
            return step.label
    site = driver_site(steps[0])
    if site is not None:
        return " ".join(site.text.split()).rstrip(";")
    names = list(dict.fromkeys(step.calls[-1].function for step in steps if step.calls))
    labels = list(dict.fromkeys(step.label for step in steps))
    return ", ".join(names) if names and len(labels) > 1 else "; ".join(dict.fromkeys((labels[0], labels[-1])))


def _row(first: int, last: int, context: str, steps: list[Step], text: str, resumed: bool) -> Row:
    head = steps[0]
    site = driver_site(head)
    return Row(
        first=first,
        last=last,
        context=context,
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


def shown(row: Row, verbose: bool) -> tuple[Change, ...]:
    """The changes worth telling.

    The driver's variables, but not what an assignment says itself; what the kernel keeps of the objects that the
    statement names; and what becomes of a driver's object in the kernel's own steps (``rx_tasklet.running``). With
    ``verbose`` all of them.
    """
    if verbose:
        return tuple(c for c in row.changes if c.origin != "pc")
    named = set(re.findall(r"\w+", row.text)) if row.kernel and row.line is not None else set()
    assigned = "".join(row.text.split())
    return tuple(
        c
        for c in row.changes
        if (c.origin == "driver" and assigned != f"{c.variable}={c.after}")
        or (c.origin == "kernel" and re.split(r"[.\[]", c.variable, maxsplit=1)[0] in named)
        or (c.origin == "ghost" and row.line is None and c.after in ("true", "false"))
    )
