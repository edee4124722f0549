"""Assertions about specs, for any test runner: what fails says what the command would say."""

from __future__ import annotations

from typing import Unpack

from defercheck.api import Settings, Spec, render
from defercheck.verdict import CheckResult, Verdict

_HOLDS = ("explored", "proved")
_WIDTH = 100


def assert_holds(spec: Spec, *properties: str, **settings: Unpack[Settings]) -> None:
    """The spec holds, on every kernel version that it names.

    ``properties`` are codes of rules (``"DF201"``) or names of the spec's own invariants: then only these are asked
    for, and they must hold whatever the spec expects or allows. Without any, the spec as a whole must: nothing is
    broken but what it expects, no expectation is missing, every cover is reached, nothing is undetermined.

    ``AssertionError`` with the findings otherwise, ``ValueError`` for a property that nothing was said of, so that a
    misspelt name does not pass; and as ``Spec.check``.
    """
    __tracebackhide__ = True
    for result in spec.check_all(**settings):
        if not properties and result.status != "holds":
            raise AssertionError(_report(result))
        for name in properties:
            failing = [v for v in verdicts_of(result, name) if v.outcome not in _HOLDS]
            if failing:
                raise AssertionError(_told(f"{name} does not hold", result, failing))


def assert_violates(
    spec: Spec, *properties: str, max_steps: int | None = None, **settings: Unpack[Settings]
) -> tuple[Verdict, ...]:
    """The spec breaks each of the properties, on every kernel version that it names.

    With ``max_steps`` the shortest schedule that does it must have at most that many steps (steps inside the kernel
    model count). The answer is the verdicts, with their schedules: versions in the spec's order, properties in the
    order of the call. Raises as ``assert_holds`` does.
    """
    __tracebackhide__ = True
    if not properties:
        raise ValueError("which property is to be violated? assert_violates(spec, 'DF301')")
    found = []
    for result in spec.check_all(**settings):
        for name in properties:
            said = verdicts_of(result, name)
            broken = [v for v in said if v.outcome in ("violated", "allowed", "unreached")]
            if not broken:
                raise AssertionError(_told(f"{name} is not violated", result, said))
            verdict = min(broken, key=_steps)
            if max_steps is not None and _steps(verdict) > max_steps:
                text = (
                    f"{name} is violated, but the shortest schedule has {_steps(verdict)} steps, more than {max_steps}"
                )
                raise AssertionError(_told(text, result, [verdict]))
            found.append(verdict)
    return tuple(found)


def assert_covers(spec: Spec, *covers: str, **settings: Unpack[Settings]) -> tuple[Verdict, ...]:
    """The covers of these names are reached on every kernel version that the spec names; without names, all it has.

    The answer is their verdicts, each with a shortest schedule to the cover. Raises as ``assert_holds`` does;
    ``ValueError`` also for a spec that has no covers.
    """
    __tracebackhide__ = True
    found = []
    for result in spec.check_all(**settings):
        own = [v for v in result.verdicts if v.code == "DF904"]
        if not own:
            raise ValueError(f"{result.spec.name} has no cover; write `cover NAME: condition;`")
        for name in covers or dict.fromkeys(v.name for v in own):
            said = [v for v in own if v.name == name]
            if not said:
                raise ValueError(f"{result.spec.name} has no cover {name}; it has {', '.join(v.name for v in own)}")
            missed = [v for v in said if v.outcome != "reached"]
            if missed:
                raise AssertionError(_told(f"cover {name} is not reached", result, missed))
            found += said
    return tuple(found)


def assert_proved(spec: Spec, *properties: str, **settings: Unpack[Settings]) -> None:
    """Z3 proves that the properties hold, on every kernel version that the spec names.

    Without any, all that it can be asked for: the rules and invariants that speak of single states and steps. That no
    context waits for ever is not among these; a search answers that. Raises as ``assert_holds`` does.
    """
    __tracebackhide__ = True
    for result in spec.prove_all(**settings):
        if not properties and result.status != "holds":
            raise AssertionError(_report(result))
        due = [(name, verdicts_of(result, name)) for name in properties] or [
            (v.name if v.code == "DF702" else v.code, [v]) for v in result.verdicts if _provable(v, result)
        ]
        for name, said in due:
            failing = [v for v in said if v.outcome != "proved"]
            if failing:
                raise AssertionError(_told(f"{name} is not proved", result, failing))


def _provable(verdict: Verdict, result: CheckResult) -> bool:
    """Whether a verdict is one that a proof could stand behind."""
    from defercheck.proving import claim_of

    if verdict.outcome not in (*_HOLDS, "undetermined") or verdict.code >= "DF703":
        return False
    return claim_of(verdict, result.system, result.exploration).is_safety


def verdicts_of(result: CheckResult, name: str) -> list[Verdict]:
    """What was said of a rule (by code or name) or a property of the spec. ``ValueError`` when nothing was."""
    from defercheck.rules import UnknownRule, rule

    said = [v for v in result.verdicts if name in (v.code, v.name)]
    if said:
        return said
    where = f"{result.spec.name} on Linux {result.kernel}"
    try:
        known = rule(name)
    except UnknownRule:
        own = ", ".join(dict.fromkeys(v.name for v in result.verdicts if v.code in ("DF702", "DF904")))
        has = f"it has {own}" if own else "it has none of its own"
        raise ValueError(f"{where} has no property `{name}`, and there is no such rule; {has}") from None
    said = [v for v in result.verdicts if v.code == known.code]
    if said:
        return said
    if not known.checked:
        raise ValueError(f"{known.code} ({known.name}) is not checked by this version of defercheck")
    text = f"nothing was said of {known.code} ({known.name}) for {where}"
    raise ValueError(f"{text}: it was not asked for (rules=[{known.code!r}]), or nothing there could break it")


def _steps(verdict: Verdict) -> int:
    return len(verdict.trace.steps) if verdict.trace is not None else 0


def _report(result: CheckResult) -> str:
    return f"{result.spec.name} {_status(result)}\n\n{render(result, _WIDTH)}"


def _status(result: CheckResult) -> str:
    return "is undetermined" if result.status == "undetermined" else "does not hold"


def _told(sentence: str, result: CheckResult, verdicts: list[Verdict]) -> str:
    """The sentence, the verdicts in full as the command shows them, and what the answer stands on."""
    from defercheck.report.finding import finding, full_name
    from defercheck.report.standing import standing
    from defercheck.report.style import Style
    from defercheck.report.text import verdict_line

    style = Style(width=_WIDTH)
    blocks = [[sentence]]
    for v in verdicts:
        if v.outcome in ("violated", "allowed", "unreached"):
            blocks.append(finding(v, style))
        else:
            reason = f": {v.reason}" if v.reason else ""
            said = f"{'holds: no schedule breaks it' if v.outcome in _HOLDS else v.outcome}{reason}"
            blocks.append([f"{v.code} ({full_name(v)}): {said}"])
    blocks.append([verdict_line(result, style), *standing(result, style)])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks)
