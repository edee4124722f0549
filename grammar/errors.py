"""The message for a token that has no place in the grammar."""

from __future__ import annotations

from types import MappingProxyType

from defercheck.grammar.clues import CLUES
from defercheck.grammar.failure import Failure
from defercheck.grammar.lexer import Lexer, Token
from defercheck.grammar.operators import BINARY
from defercheck.grammar.span import Diagnostic, SpecError

_WORDS = MappingProxyType(
    {
        "NAME": "a name",
        "NUMBER": "a number",
        "STRING": "a string",
        "FUNCTION_LPAR": "`(`",
        "IRQ_THREAD": "`thread`",
        "LINE_END": "the end of the line",
        "HASH_DEFINE": "`#define`",
        "$END": "the end of the file",
    }
)
_NAMED = ("NAME", "NUMBER", "STRING", "FUNCTION_LPAR", "LINE_END", "$END")
_OPERATORS = frozenset({*BINARY, "?", "==>", ".", "->", "[", "(", "=", "+=", "-=", "|=", "&=", "^=", "++", "--"})
_MOST = 5
"""More alternatives than this are not worth reading."""


def syntax_error(lexer: Lexer, token: Token, expected: frozenset[str]) -> SpecError:
    """The error for ``token``, where one of ``expected`` could have stood."""
    tokens = lexer.tokens[:-1] if lexer.tokens and lexer.tokens[-1] is token else lexer.tokens
    failure = Failure(lexer.places, token, tuple(tokens), _open_before(tokens), expected)
    for clue in CLUES:
        if found := clue(failure):
            return SpecError(found)
    return SpecError(_general(failure))


def _open_before(tokens: list[Token]) -> tuple[Token, ...]:
    stack: list[Token] = []
    for token in tokens:
        if token.text in ("(", "[", "{"):
            stack.append(token)
        elif token.text in (")", "]", "}") and stack:
            stack.pop()
    return tuple(stack)


def _general(failure: Failure) -> Diagnostic:
    wanted = _wanted(failure)
    found = _found(failure)
    span = failure.gap if failure.at_end else failure.span
    if not wanted:
        return Diagnostic(f"{found} has no place here", span)
    return Diagnostic(f"expected {_either(wanted)}, found {found}", span, f"expected {_either(wanted)}")


def _wanted(failure: Failure) -> list[str]:
    expected = failure.expected
    if failure.starts_item:
        return ["a declaration, a context or a property"]
    if failure.starts_statement:
        return ["a statement"] + [f"`{word}`" for word in ("}", "else", "or") if word in expected]
    wanted = []
    rest = set(expected)
    if failure.starts_expression:
        wanted.append("an expression")
        rest -= {
            "NAME",
            "NUMBER",
            "STRING",
            "NULL",
            "true",
            "false",
            "any",
            "!",
            "-",
            "~",
            "&",
            "(",
            "sizeof",
            "struct",
        }
    if "void" in expected and "unsigned" in expected:
        wanted.append("a type")
        rest -= {"NAME", "list", "bool", "void", "int", "unsigned", "signed", "long", "short", "char", "struct", "enum"}
        rest -= {"percpu", "frame", "ghost", "shadow", "ref", "out"}
    words = [
        _WORDS[symbol] for symbol in ("NAME", "NUMBER", "STRING", "FUNCTION_LPAR", "LINE_END", "$END") if symbol in rest
    ]
    signs = rest - _WORDS.keys() - _OPERATORS
    if signs or wanted or words:
        wanted += words + [f"`{sign}`" for sign in sorted(signs)]
    else:
        wanted += [f"`{sign}`" for sign in sorted(rest)]
    if "=" in rest and "(" in rest and "++" in rest:
        wanted = ["an assignment or a call", *wanted]
    return wanted[:_MOST]


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _found(failure: Failure) -> str:
    if failure.at_end:
        return "the end of the file"
    text = failure.token.text
    if failure.token.type == "LINE_END":
        return "the end of the line"
    if failure.token.type == "STRING" and len(text) > 24:
        return "a string"
    if failure.token.type not in ("NAME", "NUMBER", "STRING") and text.isidentifier():
        return f"the keyword `{text}`"
    return f"`{text}`"
