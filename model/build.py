"""Building a spec in Python: a call for each item, bodies and conditions in the language itself.

What the calls make is text, which goes through the same parser and the same checks as a file. A complaint about it also
names the call that it came from.
"""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from defercheck.api import Origin, Spec, explained, parse
from defercheck.grammar.span import Source, Span, SpecError

_INDENT = " " * 4


class Builder:
    """A spec in the making.

    Each method adds an item at the end; those that declare something give its name back, for use in later texts::

        nic = Builder("nic", kernel=("2.6.20", "6.1"), cpus=2)
        packets = nic.var("int<0..3>", "packets")
        rx = nic.tasklet("rx", f"if ({packets} > 0) {packets}--;")
        nic.irq("line", f"tasklet_schedule(&{rx});", times=3)
        nic.cover("handled", f"runs({rx}) == 1")
        spec = nic.spec()

    Bodies are statements without the braces around them, conditions are expressions. ``SpecError`` comes from the call
    whose text has a wrong form, and from ``spec().check()`` and its like, with a note that names the call, for all
    else.
    """

    def __init__(self, name: str = "<built>", *, kernel: str | Sequence[str] = (), cpus: int | None = None):
        """``name`` is what reports call the spec; ``kernel`` the versions and ``cpus`` the number of CPUs to check it
        for, as in the language."""
        self.name = name
        self._parts: list[tuple[str, Span]] = []
        versions = (kernel,) if isinstance(kernel, str) else tuple(kernel)
        if versions:
            self.add("kernel " + ", ".join(f'"{v}"' for v in versions) + ";")
        if cpus is not None:
            self.add(f"cpus {cpus};")

    def add(self, text: str) -> None:
        """Any items, as they stand in a file: ``add("DECLARE_WORK(w, handler);")``, ``add("option preempt = ...;")``,
        structs, enums, functions."""
        text = _dedented(text)
        call = _call()
        try:
            parse(text, self.name)
        except SpecError as error:
            raise explained(error, (Origin(0, len(text) + 1, call),)) from None
        self._parts.append((text, call))

    def var(self, type: str, name: str, initial: int | bool | str | None = None) -> str:
        """A variable: ``var("int<0..3>", "packets", 0)``, ``var("spinlock_t", "lock")``."""
        value = str(initial).lower() if isinstance(initial, bool) else initial
        self.add(f"{type} {name};" if value is None else f"{type} {name} = {value};")
        return name

    def struct(self, tag: str, members: str, instance: str) -> str:
        """A heap object: ``struct("device", "struct tasklet_struct rx; int<0..3> packets;", "dev")``."""
        self.add(f"struct {tag} {_braced(members)} {instance};")
        return instance

    def function(self, declaration: str, body: str) -> str:
        """A function: ``function("void rx(unsigned long unused)", "packets--;")``."""
        self.add(f"{declaration} {_braced(body)}")
        return declaration.partition("(")[0].split()[-1].lstrip("*")

    def tasklet(self, name: str, body: str) -> str:
        """A tasklet and its handler."""
        self.add(f"tasklet {name} {_braced(body)}")
        return name

    def irq(self, name: str, body: str, *, cpu: int | None = None, times: int | None = None) -> str:
        """An interrupt and its handler, on one CPU or any, at most ``times`` or without bound."""
        self.add(f"irq {name}{_on(cpu)}{'' if times is None else f' times {times}'} {_braced(body)}")
        return name

    def thread(self, name: str, body: str, *, cpu: int | None = None) -> str:
        """A thread, on one CPU or any."""
        self.add(f"thread {name}{_on(cpu)} {_braced(body)}")
        return name

    def softirq(self, vector: str, body: str) -> str:
        """The handler of a vector (``NET_RX``). The answer is what ``raise_softirq`` takes."""
        self.add(f"softirq {vector} {_braced(body)}")
        return f"{vector}_SOFTIRQ"

    def module(self, *, init: str = "", exit: str = "") -> None:
        """The module's init and exit."""
        parts = f"init {_braced(init)}\nexit {_braced(exit)}"
        self.add(f"module {_braced(parts)}")

    def invariant(self, name: str, condition: str) -> str:
        """The condition holds in every reachable state."""
        self.add(f"invariant {name}: {condition};")
        return name

    def never(self, name: str, condition: str) -> str:
        """The condition holds in no reachable state."""
        self.add(f"never {name}: {condition};")
        return name

    def cover(self, name: str, condition: str) -> str:
        """The condition holds in some reachable state."""
        self.add(f"cover {name}: {condition};")
        return name

    def final(self, name: str, condition: str) -> str:
        """The condition holds when all is over."""
        self.add(f"final {name}: {condition};")
        return name

    def eventually(self, name: str, condition: str) -> str:
        """The condition holds at some time, whatever is scheduled."""
        self.add(f"eventually {name}: {condition};")
        return name

    def leads_to(self, name: str, cause: str, effect: str) -> str:
        """Whenever the cause holds, the effect holds then or later: ``leads_to("done", "queued", "handled")``."""
        self.add(f"{name}: {cause} ~> {effect};")
        return name

    def expect(self, code: str, *kernels: str) -> None:
        """The spec is right when this rule is broken, on these versions only if any are named."""
        on = " on " + ", ".join(f'"{v}"' for v in kernels) if kernels else ""
        self.add(f"expect {code}{on};")

    def allow(self, code: str, reason: str) -> None:
        """This rule is not reported."""
        self.add(f'allow {code} "{reason}";')

    def spec(self) -> Spec:
        """The spec as it is now. Its ``text`` is what can be saved as a file."""
        text, origins = "", []
        for part, call in self._parts:
            text += "\n" if text else ""
            origins.append(Origin(len(text), len(text) + len(part), call))
            text += part + "\n"
        try:
            built = parse(text, self.name)
        except SpecError as error:  # parts that are right alone and not together
            raise explained(error, tuple(origins)) from None
        return Spec(built.tree, self.name, tuple(origins))


def _braced(body: str) -> str:
    inside = textwrap.indent(_dedented(body), _INDENT)
    return f"{{\n{inside}\n}}" if inside else "{ }"


def _dedented(text: str) -> str:
    return textwrap.dedent(text).strip()


def _on(cpu: int | None) -> str:
    return "" if cpu is None else f" on cpu {cpu}"


def _call() -> Span:
    """The call of this module that is going on, in the file that it stands in."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    if frame is None:
        return _span("<python>", "", 1, 1, 1, 1)
    file = frame.f_code.co_filename
    lines = linecache.getlines(file, frame.f_globals)
    where = inspect.getframeinfo(frame, context=0).positions
    line = frame.f_lineno
    first, column = (where.lineno or line, (where.col_offset or 0) + 1) if where is not None else (line, 1)
    last, end = (where.end_lineno or line, (where.end_col_offset or 0) + 1) if where is not None else (line, 1)
    return _span(_shown(file), "".join(lines), first, column, last, end)


def _span(file: str, text: str, line: int, column: int, end_line: int, end_column: int) -> Span:
    starts = [0]
    for row in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    start, end = (starts[min(n, len(starts)) - 1] + c - 1 for n, c in ((line, column), (end_line, end_column)))
    return Span(Source(file, text), start, end, line, column, end_line, end_column)


def _shown(file: str) -> str:
    """The path as people are used to see it: below the working directory without what leads there."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
