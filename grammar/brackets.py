"""Clues about brackets: which one is not closed, which one closes nothing."""

from __future__ import annotations

from types import MappingProxyType

from defercheck.grammar.failure import ITEM_WORDS, Failure
from defercheck.grammar.lexer import Token
from defercheck.grammar.span import Diagnostic

_CLOSER = MappingProxyType({"(": ")", "[": "]", "{": "}"})
_C_TYPES = frozenset({"bool", "void", "int", "unsigned", "long"})


def unclosed_at_end(failure: Failure) -> Diagnostic | None:
    """The text ends inside brackets."""
    if not failure.at_end or not failure.open:
        return None
    return _crooked(failure) or unclosed(failure, failure.open[-1])


def closes_nothing(failure: Failure) -> Diagnostic | None:
    """A closing bracket without an opening one, or with one of another kind."""
    text = failure.token.text
    if text not in _CLOSER.values():
        return None
    if not failure.open:
        return Diagnostic(f"this `{text}` closes nothing", failure.span, help="delete it, or add what it should close")
    opener = failure.open[-1]
    if _CLOSER[opener.text] == text:
        return None
    if ";" in failure.expected:  # `x = 1 )`: the bracket is one too many; `f(x }` has an open one
        return Diagnostic(f"this `{text}` closes nothing", failure.span, help="delete it, or add what it should close")
    return unclosed(failure, opener)


def unclosed_parenthesis(failure: Failure) -> Diagnostic | None:
    """``f(x;`` or ``if (x {``: the statement goes on although a parenthesis is open."""
    if failure.token.text not in ("{", ";", "}") or not failure.open or failure.open[-1].text == "{":
        return None
    if _CLOSER[failure.open[-1].text] not in failure.expected:
        return None
    return unclosed(failure, failure.open[-1])


def item_in_block(failure: Failure) -> Diagnostic | None:
    """An item inside a block: most likely the block before it lacks its closing brace."""
    head = failure.head
    if not any(bracket.text == "{" for bracket in failure.open):
        return None
    misplaced = head.text in ITEM_WORDS - {"struct", "enum", "tasklet", "timer", "device"} or (
        failure.token.text == "{" and head.text in ("struct", "enum", "tasklet", "timer", "device")
    )
    function = failure.token.text == "{" and failure.last.text == ")" and head.type in _C_TYPES
    if failure.starts_statement or not (misplaced or function):
        return None
    what = "a function" if function else f"`{head.text}`"
    outer = failure.open[0]
    return _crooked(failure) or Diagnostic(
        f"{what} inside a block",
        failure.places.of(head),
        "this belongs at the top level",
        "close the block before it with `}`",
        (("the block opens here", failure.places.of(outer)),),
    )


def unclosed(failure: Failure, opener: Token) -> Diagnostic:
    """The message for an opening bracket that lacks its other half."""
    closer = _CLOSER[opener.text]
    return Diagnostic(
        f"this `{opener.text}` is never closed", failure.places.of(opener), "", f"close it with `{closer}`"
    )


def _crooked(failure: Failure) -> Diagnostic | None:
    """A brace whose closing brace stands further left than its own line: most likely it closes an outer one."""
    stack: list[Token] = []
    for token in failure.before:
        if token.text == "{":
            stack.append(token)
        elif token.text == "}" and stack:
            opener = stack.pop()
            left, right = failure.places.of(opener), failure.places.of(token)
            text = failure.places.source.line(right.line)
            stands_first = not text[: right.column - 1].strip()
            if left.line != right.line and stands_first and _indent(failure, right.line) < _indent(failure, left.line):
                note = ("this `}` stands too far left to close it", right)
                return Diagnostic("this `{` is never closed", left, "", "close it with `}`", (note,))
    return None


def _indent(failure: Failure, line: int) -> int:
    text = failure.places.source.line(line).expandtabs(8)
    return len(text) - len(text.lstrip())
