"""Where the outcomes of a run are told: lines and reports on stdout, complaints on stderr, files at the end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from defercheck.cli.destination import Destination
from defercheck.cli.exits import Exit
from defercheck.cli.files import write_atomically
from defercheck.cli.group import advice
from defercheck.cli.run import Job
from defercheck.cli.terminal import say
from defercheck.report.marks import TEXT_MARK
from defercheck.report.outcome import Crashed, Outcome, Refused
from defercheck.report.style import ColorChoice, Style, style_for
from defercheck.verdict import CheckResult

_FILE_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Request:
    """How a run reports: what goes to the standard output, what to files, and what counts as a failure."""

    format: str
    destinations: tuple[Destination, ...]
    style: Style
    quiet: bool
    warnings_fail: bool
    progress: bool
    color: ColorChoice
    debug: bool


def tell(outcome: Outcome, before: Sequence[Outcome], job: Job, work: list[Job], request: Request) -> None:
    """What can be said as soon as one spec is done: complaints on stderr, its line or report on stdout."""
    from defercheck.report import many, text
    from defercheck.report.errors import complaints

    # one spec on several kernel versions has mostly one complaint
    if isinstance(outcome, Refused) and outcome not in before:
        say(sys.stderr, complaints(outcome.diagnostics, style_for(sys.stderr, request.color)))
    if isinstance(outcome, Crashed):
        say(sys.stderr, f"defercheck: {job.label}: internal error: {outcome.error}")
    if request.format != "text":
        return
    if request.quiet:
        if isinstance(outcome, CheckResult):
            for line in text.brief(outcome):
                say(sys.stdout, line)
    elif len(work) > 1:
        say(sys.stdout, many.line(outcome, job.label, _label_width(work, request.style.width), request.style))
    elif isinstance(outcome, CheckResult):
        say(sys.stdout, text.report(outcome, request.style))


def conclude(done: list[Outcome], work: list[Job], code: Exit, interrupted: bool, request: Request) -> None:
    """What is said at the end: details and count of several specs, JSON, and the files."""
    if any(isinstance(outcome, Crashed) for outcome in done):
        say(sys.stderr, advice(request.debug))
    if request.format != "text":
        say(sys.stdout, _dump(request.format, done, code, interrupted, request).rstrip("\n"))
    elif len(work) > 1 and not request.quiet:
        say(sys.stdout, _ending(done, request.style, interrupted))
    for destination in request.destinations:
        if destination.format != "text":
            content = _dump(destination.format, done, code, interrupted, request)
        else:
            content = _as_file(done, work, interrupted, Style(width=_FILE_WIDTH, verbose=request.style.verbose))
        write_atomically(destination.path, content)


def _dump(format: str, done: list[Outcome], code: Exit, interrupted: bool, request: Request) -> str:
    """The report in a format that is one document."""
    if format == "junit":
        from defercheck.report import junit

        return junit.dump(done, code, interrupted, request.warnings_fail)
    from defercheck.report import github, html, json, sarif

    dumps = {"json": json.dump, "html": html.dump, "sarif": sarif.dump, "github": github.dump}
    return dumps[format](done, code, interrupted)


def _as_file(done: list[Outcome], work: list[Job], interrupted: bool, style: Style) -> str:
    """The text report for a file, with the line that lets a later run recognise it."""
    from defercheck import __version__
    from defercheck.report import many, text
    from defercheck.report.errors import complaints

    parts = [f"{TEXT_MARK} (version {__version__})"]
    parts += dict.fromkeys(complaints(o.diagnostics, style) for o in done if isinstance(o, Refused))
    if len(work) > 1:
        width = _label_width(work, style.width)
        parts.append("\n".join(many.line(o, j.label, width, style) for o, j in zip(done, work, strict=False)))
        parts.append(_ending(done, style, interrupted).lstrip("\n"))
    else:
        parts += [text.report(o, style) for o in done if isinstance(o, CheckResult)]
    return "\n\n".join(parts) + "\n"


def _ending(done: list[Outcome], style: Style, interrupted: bool) -> str:
    from defercheck.report import many

    parts = [many.details(done, style), many.total(done, style, interrupted)]
    return "\n" + "\n\n".join(part for part in parts if part)


def _label_width(work: list[Job], width: int) -> int:
    return min(max(len(job.label) for job in work), width - 22)
