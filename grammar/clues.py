"""The errors that are worth a message of their own. Each clue looks at a failure and answers, or passes (None)."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from defercheck.grammar.brackets import (
    closes_nothing,
    item_in_block,
    unclosed,
    unclosed_at_end,
    unclosed_parenthesis,
)
from defercheck.grammar.failure import ITEM_WORDS, Failure
from defercheck.grammar.lexical_errors import missing_body
from defercheck.grammar.span import Diagnostic

_STATEMENT_WORDS = frozenset(
    {
        *("assert", "atomic", "await", "break", "choose", "continue", "do", "else", "for", "foreach", "if", "or"),
        *("return", "when", "while"),
    }
)
_MODIFIERS = frozenset({"on", "cpu", "each", "times", "init", "exit", "in", "out"})


def assignment_in_expression(failure: Failure) -> Diagnostic | None:
    """``if (x = 1)``."""
    if failure.token.text != "=" or "==" not in failure.expected:
        return None
    return Diagnostic(
        "an assignment inside an expression",
        failure.span,
        "this assigns",
        "did you mean `==`? (to assign, write a statement of its own before)",
    )


def comparison_as_statement(failure: Failure) -> Diagnostic | None:
    """``x == 1;``."""
    if failure.token.text != "==" or "=" not in failure.expected:
        return None
    return Diagnostic("a comparison is no statement", failure.span, "this compares", "did you mean `=`?")


def other_operators(failure: Failure) -> Diagnostic | None:
    """Operators of C that the language lacks."""
    text = failure.token.text
    if text in ("*=", "/=", "%=", "<<=", ">>="):
        return Diagnostic(f"`{text}` is not in the language", failure.span, help=f"write `x = x {text[:-1]} y`")
    if text in ("++", "--") and not failure.starts_statement and (failure.starts_expression or "+" in failure.expected):
        return Diagnostic(
            f"`{text}` inside an expression", failure.span, help=f"write `x{text};` as a statement of its own"
        )
    if text == "," and failure.open and failure.open[-1].text == "{" and ";" in failure.expected:
        return Diagnostic("the operator `,` is not in the language", failure.span, help="write two statements")
    return None


def pointer(failure: Failure) -> Diagnostic | None:
    """``struct x *p;`` where it matters, and ``*p = 1``."""
    if failure.token.text != "*":
        return None
    if failure.declares:
        return Diagnostic("there is no pointer here", failure.span, help="delete the `*`")
    if failure.starts_expression or failure.starts_statement:
        return Diagnostic(
            "what a pointer points to cannot be assigned as a whole",
            failure.span,
            help="name the member: `p->member`",
        )
    return None


def prototype(failure: Failure) -> Diagnostic | None:
    """``void f(int<0..3> x);``, and a function whose body is missing."""
    call = [t.text for t in failure.before]
    if not failure.open or failure.open[-1].text != "(" or len(failure.open) > 1 or failure.starts_statement:
        return None
    opener = failure.before.index(failure.open[-1])
    if opener < 2 or failure.before[opener - 1].type != "NAME" or failure.head is failure.before[opener - 1]:
        return None
    after_type_start = call[-1] in ("(", ",") and failure.token.type in ("void", "bool", "int", "struct", "enum")
    two_names = failure.last.type == "NAME" and failure.token.type == "NAME" and not failure.on_new_line
    if not (after_type_start or two_names):
        return None
    following = re.search(r"[;{}()]", failure.places.source.text[failure.token.start :])
    if following and following.group() == "{":
        return unclosed(failure, failure.open[-1])
    return missing_body(failure.places.of(failure.before[opener - 1]))


def statement_outside(failure: Failure) -> Diagnostic | None:
    """``x = 3;`` or ``if (x) ...`` at the top level."""
    if failure.open:
        return None
    keyword = failure.starts_item and failure.token.text in _STATEMENT_WORDS
    uses = failure.head is failure.last and failure.last.type == "NAME"
    if not keyword and not (uses and failure.token.text in ("=", ".", "->", "[", "++", "--", "+=", "-=")):
        return None
    return Diagnostic(
        "a statement outside of any context",
        failure.places.of(failure.head),
        help="put it into a function, a `module { init { ... } }`, an `irq` or a `thread`",
    )


def label(failure: Failure) -> Diagnostic | None:
    """``out:`` at the start of a statement."""
    if failure.token.text != ":" or failure.head is not failure.last or failure.last.type != "NAME":
        return None
    return Diagnostic(
        "a label stands in a block of its own function",
        failure.places.span(failure.last.start, failure.token.end),
        help="put braces around what it stands in, or before it",
    )


def lone_else(failure: Failure) -> Diagnostic | None:
    """``else`` where no ``if`` waits for it."""
    if failure.token.text != "else":
        return None
    if failure.last.text == ";" and len(failure.before) > 1 and failure.before[-2].text == "}":
        return Diagnostic("`else` without `if`", failure.places.of(failure.last), help="delete this `;`")
    return Diagnostic(
        "`else` without `if`", failure.span, help="put braces around the statements between `if` and `else`"
    )


def stray_semicolon(failure: Failure) -> Diagnostic | None:
    """``};`` after a function."""
    if failure.token.text != ";" or not failure.starts_item:
        return None
    return Diagnostic("a `;` without anything before it", failure.span, help="delete it")


def adjacent_strings(failure: Failure) -> Diagnostic | None:
    """``"a" "b"``."""
    if failure.token.type != "STRING" or failure.last.type != "STRING":
        return None
    return Diagnostic("two strings in a row", failure.span, help="join them into one")


def context_parameters(failure: Failure) -> Diagnostic | None:
    """``irq nic() { }``."""
    words = [t.type for t in failure.before[-2:]]
    if failure.token.text != "(" or words not in (["irq", "NAME"], ["thread", "NAME"], ["softirq", "NAME"]):
        return None
    return Diagnostic(f"a context such as `{words[0]}` has no parameters", failure.span, help="delete the parentheses")


def keyword_as_name(failure: Failure) -> Diagnostic | None:
    """``bool return;``."""
    if not failure.token.type.isidentifier() or failure.token.type in ("NAME", "NUMBER", "STRING"):
        return None
    if not failure.declares or failure.on_new_line:
        return None
    return Diagnostic(f"`{failure.token.text}` is a keyword and cannot be a name", failure.span, help="choose another")


def misspelt(failure: Failure) -> Diagnostic | None:
    """``whlie (x) {``, ``modul {``: a word that is nearly a keyword, where the keyword would have fitted."""
    suspects = [failure.token]
    if failure.token.text == "{" and (callee := failure.callee()) is not None:
        suspects.insert(0, callee)
    if failure.head in failure.before[-2:] and failure.last.type in ("NAME", "NUMBER", "STRING"):
        suspects.insert(0, failure.head)  # `word {`, `word name {`: a word that is used as only keywords are
    for suspect in suspects:
        if suspect.type != "NAME":
            continue
        words = _fitting(failure, at_head=suspect is not failure.token)
        close = get_close_matches(suspect.text, sorted(words), 1, 0.75)
        if close and close[0] != suspect.text:
            place = failure.places.of(suspect)
            return Diagnostic(f"unknown word `{suspect.text}`", place, help=f"did you mean `{close[0]}`?")
    return None


def _fitting(failure: Failure, at_head: bool) -> frozenset[str]:
    """The keywords that may have been meant: at the failing token those that fit, before it those of the place."""
    if not at_head:
        return frozenset(word for word in failure.expected if word.isidentifier() and word.islower())
    if any(bracket.text == "{" for bracket in failure.open):
        return _STATEMENT_WORDS | _MODIFIERS
    return ITEM_WORDS | _MODIFIERS


def missing_semicolon(failure: Failure) -> Diagnostic | None:
    """The statement ends without ``;``: the line ends, or the block."""
    if ";" not in failure.expected or not failure.before:
        return None
    if len(failure.before) > 1 and failure.before[-2].text == "}" and failure.last.type == "NAME":
        # `struct a { }` and on the next line `tasklet t;`: the word was taken for an instance of the struct
        brace = failure.before[-2]
        if "\n" in failure.places.source.text[brace.end : failure.last.start]:
            gap = failure.places.span(brace.end, brace.end)
            return Diagnostic("expected `;` after the declaration", gap, "add `;` here")
    word = failure.token.type.isidentifier() or failure.token.text in ("++", "--", "*", "{")
    if not (failure.at_end or failure.token.text == "}" or (word and failure.on_new_line)):
        return None
    return Diagnostic(f"expected `;` after {_what_ends(failure)}", failure.gap, "add `;` here")


def _what_ends(failure: Failure) -> str:
    head = failure.head.type
    if head in ("invariant", "never", "cover", "lemma", "final"):
        return "the property"
    braces = [bracket for bracket in failure.open if bracket.text == "{"]
    if not braces:
        return "the declaration"
    opener = failure.before.index(braces[-1])
    match [token.type for token in failure.before[max(0, opener - 2) : opener]]:
        case ["struct" | "type", "NAME"]:
            return "the member"
        case ["version", "STRING"]:
            return "the setting"
    return "the statement"


CLUES: tuple[Callable[[Failure], Diagnostic | None], ...] = (
    assignment_in_expression,
    comparison_as_statement,
    other_operators,
    label,
    pointer,
    prototype,
    statement_outside,
    context_parameters,
    stray_semicolon,
    unclosed_at_end,
    closes_nothing,
    unclosed_parenthesis,
    lone_else,
    misspelt,
    item_in_block,
    adjacent_strings,
    missing_semicolon,
    keyword_as_name,
)
"""In the order in which they are asked: the narrow before the broad."""
