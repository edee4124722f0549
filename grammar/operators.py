"""The precedence of the operators, shared by the parser (which builds the tree) and the formatter (which prints it)."""

from __future__ import annotations

from types import MappingProxyType

IMPLIES = 1
CONDITIONAL = 2

BINARY = MappingProxyType(
    {
        "||": 3,
        "&&": 4,
        "|": 5,
        "^": 6,
        "&": 7,
        "==": 8,
        "!=": 8,
        "<": 9,
        ">": 9,
        "<=": 9,
        ">=": 9,
        "<<": 10,
        ">>": 10,
        "+": 11,
        "-": 11,
        "*": 12,
        "/": 12,
        "%": 12,
    }
)
"""The infix operators of C that the language has, all left-associative; a higher number binds tighter."""

ADDITIVE = 11
UNARY = 13
POSTFIX = 14
PRIMARY = 15
