"""A trace as a schedule: one line a step, one column a CPU, deeper levels further in, and only what changed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from defercheck.report.fold import Row, rows, shown
from defercheck.report.style import Style
from defercheck.report.units import count
from defercheck.report.who import DEPTH
from defercheck.verdict import Change, Trace

_NARROWEST = 26
"""Columns that a CPU needs to have a column of its own; with less, all CPUs share one and each line names its CPU."""


_REPEATS = "from here the loop repeats for ever:"


@dataclass(frozen=True, slots=True)
class _End:
    """How the last step is marked."""

    mark: str
    look: str


@dataclass(frozen=True, slots=True)
class _Gutter:
    """The columns for the numbers of steps and lines."""

    steps: int
    lines: int

    @property
    def width(self) -> int:
        return len(self.text("", ""))

    def text(self, step: str, line: str, mark: str = " ") -> str:
        return f"{mark} {step:>{self.steps}}  {line:>{self.lines}} "

    def of(self, row: Row, style: Style, end: _End | None) -> str:
        """The margin of a row's first line."""
        line = style.paint(f"{row.line or '':>{self.lines}}", "blue")
        mark = style.paint(end.mark, end.look) if end else " "
        return f"{mark} {row.last:>{self.steps}}  {line} "


@dataclass(frozen=True, slots=True)
class _Line:
    """A line within a CPU's column, before it is painted: plain text and looks for its parts."""

    parts: tuple[tuple[str, str], ...]

    @property
    def width(self) -> int:
        return sum(len(text) for text, _ in self.parts)

    def painted(self, style: Style, width: int) -> str:
        return "".join(style.paint(text, look) for text, look in self.parts) + " " * (width - self.width)


def schedule(trace: Trace, style: Style, good: bool = False, after: str = "", line: int | None = None) -> list[str]:
    """The lines of a schedule, headed by a line that names the columns.

    The last step is marked, as wrong or as ``good``; unless ``after`` says what is wrong with the state that it leads
    to, which then gets a line of its own, with the number ``line``.
    """
    end = _End(style.glyphs.good, "bold green") if good else _End(style.glyphs.mark, "bold red")
    table = rows(trace, style.verbose)
    if not table:
        still = "; nothing that is promised ever happens" if trace.loop is not None else ""
        return [style.paint(f"the initial state itself; no step is needed{still}", "dim")]
    cpus = sorted({row.cpu for row in table})
    gutter = _Gutter(len(str(table[-1].last)), max(4, *(len(str(row.line or "")) for row in table)))
    room = style.width - gutter.width
    widths = _widths([_wanted(table, cpu, style) for cpu in cpus], room - 3 * len(cpus))
    if len(cpus) > 1 and min(widths) < _NARROWEST:
        lines = list(_shared(table, style, gutter, room - 2, None if after else end, trace.loop))
    else:
        widths_of = dict(zip(cpus, widths, strict=True))
        lines = list(_columns(table, style, gutter, widths_of, None if after else end, trace.loop))
    if trace.loop is not None:
        lines += [_across(line, gutter, style) for line in _endless(trace, room)]
    margin = f"{style.paint(end.mark, end.look)}{gutter.text('', str(line or ''))[1:]}"
    for text in textwrap.wrap(after, room, break_on_hyphens=False):
        lines.append(margin + style.paint(text, end.look))
        margin = gutter.text("", "")
    return lines


def summary(trace: Trace) -> str:
    """``14 steps on 2 CPUs``; of an infinite one, the steps before and in the loop."""
    cpus = len({step.cpu for step in trace.steps})
    if not trace.steps:
        return "no step"
    where = f"on {count(cpus, 'CPU')}"
    if trace.loop is None or trace.loop == len(trace.steps):
        return f"{count(len(trace.steps), 'step')} {where}"
    before = f"{count(trace.loop, 'step')}, then " if trace.loop else ""
    return f"{before}a loop of {count(len(trace.steps) - trace.loop, 'step')} {where}"


def _endless(trace: Trace, room: int) -> list[str]:
    """What is said below an infinite schedule: how it goes on, and why that is fair."""
    assert trace.loop is not None
    if trace.loop == len(trace.steps):
        text = "from here nothing that is promised can happen any more: it stays so for ever"
    else:
        text = f"back to step {trace.loop + 1}, and so on for ever"
        text += "; the loop is fair: " + "; ".join(trace.fair) if trace.fair else ""
    return textwrap.wrap(text, room, break_on_hyphens=False)


def _across(text: str, gutter: _Gutter, style: Style) -> str:
    """A line of its own over all columns."""
    return gutter.text("", "") + style.paint(text, "bold")


def _wanted(table: Sequence[Row], cpu: int, style: Style) -> int:
    """The columns that a CPU's longest line would fill."""
    mine = [row for row in table if row.cpu == cpu]
    lines = [line.width for row in mine for line in _body(row, style, 1000, None)]
    return max(_NARROWEST, *lines, *(DEPTH[row.level] * 2 + len(row.context) for row in mine))


def _widths(wanted: Sequence[int], room: int) -> list[int]:
    """Who wants little gets it, the others share the rest evenly; what is left over goes to the last."""
    widths = dict.fromkeys(range(len(wanted)), 0)
    left, order = room, sorted(widths, key=lambda i: wanted[i])
    for served, index in enumerate(order):
        widths[index] = min(wanted[index], left // (len(order) - served))
        left -= widths[index]
    widths[len(wanted) - 1] += left
    return list(widths.values())


def _columns(
    table: Sequence[Row],
    style: Style,
    gutter: _Gutter,
    widths: dict[int, int],
    end: _End | None,
    loop: int | None,
) -> Iterator[str]:
    """One column a CPU, each with its width."""
    rule, cross = style.glyphs.horizontal, style.glyphs.cross
    bar = style.paint(f"{style.glyphs.vertical} ", "dim")
    blank = gutter.text("", "")

    def line(margin: str, cpu: int, cell: str) -> str:
        cells = (cell if cpu == c else " " * width for c, width in widths.items())
        return (margin + "".join(f"{bar}{cell} " for cell in cells)).rstrip()

    head = "".join(bar + style.paint(f"CPU {cpu}".ljust(width + 1), "bold") for cpu, width in widths.items())
    yield style.paint(gutter.text("#", "line"), "dim") + head
    yield style.paint(rule * gutter.width + "".join(cross + rule * (w + 2) for w in widths.values()), "dim")
    running: dict[int, str] = {}
    for index, row in enumerate(table):
        width = widths[row.cpu]
        if row.first - 1 == loop:
            running = {}
            yield _across(_REPEATS, gutter, style)
        if running.get(row.cpu) != row.context:
            running[row.cpu] = row.context
            for title in _wrapped(row.context, width, DEPTH[row.level] * 2, "cyan"):
                yield line(blank, row.cpu, title.painted(style, width))
        last = end if index == len(table) - 1 else None
        margin = gutter.of(row, style, last)
        for text in _body(row, style, width, last):
            yield line(margin, row.cpu, text.painted(style, width))
            margin = blank


def _shared(
    table: Sequence[Row], style: Style, gutter: _Gutter, width: int, end: _End | None, loop: int | None
) -> Iterator[str]:
    """One column for all CPUs, each switch naming the CPU: for terminals too narrow for a column a CPU."""
    rule, cross = style.glyphs.horizontal, style.glyphs.cross
    bar = style.paint(f"{style.glyphs.vertical} ", "dim")
    blank = gutter.text("", "")
    yield style.paint(gutter.text("#", "line"), "dim") + bar + style.paint("who", "bold")
    yield style.paint(rule * gutter.width + cross + rule * (width + 1), "dim")
    running = (-1, "")
    for index, row in enumerate(table):
        if row.first - 1 == loop:
            running = (-1, "")
            yield _across(_REPEATS, gutter, style)
        if running != (row.cpu, row.context):
            running = (row.cpu, row.context)
            for title in _wrapped(f"CPU {row.cpu}: {row.context}", width, DEPTH[row.level] * 2, "cyan"):
                yield blank + bar + title.painted(style, 0)
        last = end if index == len(table) - 1 else None
        margin = gutter.of(row, style, last)
        for text in _body(row, style, width, last):
            yield margin + bar + text.painted(style, 0)
            margin = blank


def _body(row: Row, style: Style, width: int, end: _End | None) -> Iterator[_Line]:
    """The statement and what it changed, on one line if there is room; how many steps it stands for is said only
    where there is room too, because the numbers of the steps tell it as well."""
    indent = DEPTH[row.level] * 2 + 2
    look = end.look if end else "dim" if row.kernel and row.line is None else ""
    kept = "  [continued]" if row.resumed else ""
    note = f"  [{'continued, ' * row.resumed}{count(row.steps, 'step')}]" if row.steps > 1 else kept
    changes = ", ".join(_change(change, row, style) for change in shown(row, style.verbose))
    tail = f"  {changes}" if changes else ""
    room = width - indent - len(row.text)
    choices = ((note + tail, ""), (kept + tail, ""), (note, tail), (kept, tail))
    more, rest = next(((more, rest) for more, rest in choices if len(more) <= room), ("", kept + tail))
    if len(more) <= room:
        yield _Line(((" " * indent, ""), (row.text, look), (more, "dim")))
    else:
        yield from _wrapped(row.text, width, indent, look)
    if rest:
        yield from _wrapped(rest.strip(), width, indent + 2, "dim")


def _change(change: Change, row: Row, style: Style) -> str:
    """``rx_tasklet.count: 0 -> 1``; the object's name is left out where the statement names it just before."""
    base, dot, member = change.variable.partition(".")
    name = member if dot and re.search(rf"\({re.escape(base)}[,)]", row.text) and not style.verbose else change.variable
    return f"{name}: {change.before} {style.glyphs.arrow} {change.after}"


def _wrapped(text: str, width: int, indent: int, look: str) -> Iterator[_Line]:
    """The text in lines of at most ``width``, continuation lines further in; words end after ``(`` and ``,`` too."""
    breakable = re.sub(r"([(,.])(?=\S)", "\\1\x00 ", text) if len(text) > width - indent else text
    pieces = [
        piece.replace("\x00 ", "").replace("\x00", "")
        for piece in textwrap.wrap(breakable, max(width - indent, 8), subsequent_indent="  ", break_on_hyphens=False)
    ]
    for piece in pieces or [""]:
        yield _Line(((" " * indent, ""), (piece, look)))
