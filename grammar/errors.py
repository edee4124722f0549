"""Errors."""
from defercheck.grammar.span import Diagnostic, SpecError
def syntax_error(lexer, token, expected):
    return SpecError(Diagnostic(f"unexpected {token.text} expected {sorted(expected)}", lexer.places.of(token)))
