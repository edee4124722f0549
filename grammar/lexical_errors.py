"""What is said about characters, numbers and words that no spec can contain, and about what is too deep or missing."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

from defercheck.grammar.span import Diagnostic, Span, SpecError

MAX_NUMBER = 2**63 - 1
"""Numbers are the machine's."""

_NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)(?:[uU]?[lL]{0,2}|[lL]{1,2}[uU])")

_WORDS = MappingProxyType(
    {
        "float": "use a whole number: `int<0..7>`",
        "double": "use a whole number: `int<0..7>`",
        "union": "declare the members apart: a variable holds values of one type",
        "typedef": "write the type itself where it is needed",
        "extern": "delete the line: the names of the kernel are built in",
        "register": "delete the word",
        "restrict": "delete the word",
        "asm": "describe what the instructions do to the variables",
    }
)


def check_word(word: str, span: Span) -> None:
    """Reject the words of C that the language does without."""
    if word in _WORDS:
        raise SpecError(Diagnostic(f"`{word}` is not in the language", span, help=_WORDS[word]))


def check_number(text: str, span: Span, before: str) -> None:
    """Reject what starts with a digit and is not a number that a spec can hold. ``before`` is the word before it."""
    if "." in text and before in ("kernel", "version", "on"):
        raise SpecError(Diagnostic("a kernel version is a string", span, "", f'write `"{text}"`'))
    if "." in text:
        raise SpecError(
            Diagnostic("fractions are not in the language", span, "not a whole number", "count in a smaller unit")
        )
    if not _NUMBER.fullmatch(text):
        if re.fullmatch(r"0[0-7]+", text):
            help = f"octal numbers are not in the language: write `{int(text[:30], 8)}`" if len(text) < 30 else ""
            raise SpecError(Diagnostic("a number starts with `0`", span, "C would read it as octal", help))
        help = "a name starts with a letter" if text[0].isdigit() and not text.startswith("0") else ""
        raise SpecError(Diagnostic("this is no number", span, "numbers are like `42` or `0x2a`", help))
    if len(text) > 24 or number_value(text) > MAX_NUMBER:
        raise SpecError(Diagnostic("the number is too large", span, "the largest is 2^63 - 1"))


def number_value(text: str) -> int:
    """The value of a number as written; suffixes such as ``UL`` say nothing here."""
    return int(text.rstrip("uUlL"), 0)


def too_deep(span: Span, limit: int) -> SpecError:
    """Brackets, or operators without brackets, nest too deep."""
    return SpecError(
        Diagnostic(
            "nested too deep", span, f"deeper than {limit} levels", "name the inner part: a variable or a function"
        )
    )


def missing_body(span: Span) -> Diagnostic:
    """A function's head without ``{ ... }``; ``span`` is its name."""
    return Diagnostic(
        "a function without a body",
        span,
        help="functions need no prototypes: delete it, or add `{ ... }` after the `)`",
    )


def bad_character(text: str, span: Span) -> SpecError:
    """The character at ``span`` starts nothing: no word, number, sign, string or comment."""
    rest = text[span.start : span.start + 200]
    char = rest[0]
    if re.match(r"#[ \t]*define[ \t]+\w+\(", rest):
        help = "write a function, which is inlined where it is called"
        return SpecError(Diagnostic("a macro with parameters is not in the language", span, "", help))
    known = {
        "/": ("the comment is never closed", "it starts here", "end it with `*/`"),
        '"': ("the string is never closed", "it starts here", 'end it with `"`, on this line'),
        "#": (
            "there is no preprocessor",
            "",
            "delete the line: only `#include` and `#define LIMIT 3` are known",
        ),
        "'": ("character constants are not in the language", "", "use a number or an `enum`"),
        "\\": ("a line needs no `\\` to go on", "", "delete it"),
    }
    if char in known:
        message, label, help = known[char]
        return SpecError(Diagnostic(message, span, label, help))
    if char in "\0\ufffd" or "\udc80" <= char <= "\udcff" or char < " ":
        return SpecError(Diagnostic("this is not a text file", span, f"the byte or character {_code(char)}"))
    name = unicodedata.name(char, "")
    label = f"{_code(char)}, {name.lower()}" if name else _code(char)
    return SpecError(Diagnostic(f"unknown character {_shown(char)}", span, label, _replacement(char)))


def _code(char: str) -> str:
    return f"U+{ord(char):04X}"


def _shown(char: str) -> str:
    return f"`{char}`" if char.isprintable() and not char.isspace() else _code(char)


def _replacement(char: str) -> str:
    if char.isspace() or unicodedata.category(char) == "Cf":
        return "replace it by a plain space"
    if char in "“”„«»":
        return 'did you mean `"`?'
    if char in "–—−":
        return "did you mean `-`?"
    plain = unicodedata.normalize("NFKD", char)[0]
    if plain != char and (plain.isascii()) and plain.isprintable():
        return f"did you mean `{plain}`?"
    return "names are made of the letters a to z, digits and `_`" if char.isalpha() else "delete it"
