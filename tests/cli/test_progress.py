"""The progress line."""

import io

from defercheck.cli.progress import Meter
from defercheck.system.result import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at(seconds: float, states: int = 2_000_000) -> Progress:
    return Progress(states, 10, 5000, 7, seconds, 1 << 20)


def test_a_terminal_gets_one_line_that_is_taken_away() -> None:
    stream = Terminal()
    meter = Meter(stream, width=40)
    meter.start("a.dfr")
    meter(at(0.1))
    assert stream.getvalue() == ""
    meter(at(1.0))
    (line,) = stream.getvalue().split("\r\x1b[K")[1:]
    assert line.startswith("a.dfr: 2,000,000 states (2.0 M/s)")
    assert len(line) < 40
    meter.clear()
    meter.clear()
    assert stream.getvalue().endswith(line + "\r\x1b[K")


def test_elsewhere_a_line_now_and_then_if_asked_for() -> None:
    for plain, expected in ((True, 2), (False, 0)):
        stream = io.StringIO()
        meter = Meter(stream, width=80, plain=plain)
        meter.start("a.dfr")
        for seconds in (1, 9, 11, 15, 20, 22):
            meter(at(seconds))
        meter.clear()
        assert stream.getvalue().count("\n") == expected
        assert "\r" not in stream.getvalue()


def test_quiet_says_nothing_but_remembers() -> None:
    stream = Terminal()
    meter = Meter(stream, width=80, enabled=False)
    meter.start("a.dfr")
    meter(at(5))
    assert stream.getvalue() == ""
    assert meter.latest == at(5)


def test_a_new_spec_forgets_the_one_before() -> None:
    meter = Meter(io.StringIO(), width=80)
    meter.start("a.dfr")
    meter(at(5))
    meter.start("b.dfr")
    assert meter.latest is None
