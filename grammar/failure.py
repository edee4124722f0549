"""Where and how a parse failed: what the clues and the general message look at."""

from __future__ import annotations

from dataclasses import dataclass

from defercheck.grammar.lexer import Places, Token
from defercheck.grammar.span import Span
from defercheck.grammar.tables import END

ITEM_WORDS = frozenset(
    {
        *("allow", "cover", "cpus", "define", "device", "enum", "expect", "final", "invariant", "irq", "kernel"),
        "lemma",
        *("module", "never", "option", "param", "percpu", "preempt", "softirq", "start", "struct", "tasklet", "thread"),
        *("timer", "type", "version"),
    }
)
"""The words that an item can start with."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The token that has no place, the tokens before it, the brackets open there, and what could have stood there.

    ``open`` leaves out the bracket that ``token`` itself may open.
    """

    places: Places
    token: Token
    before: tuple[Token, ...]
    open: tuple[Token, ...]
    expected: frozenset[str]

    @property
    def span(self) -> Span:
        """The place of the token."""
        return self.places.of(self.token)

    @property
    def last(self) -> Token:
        """The token before; an empty one at the start of the text."""
        return self.before[-1] if self.before else Token("", "", 0, 0)

    @property
    def gap(self) -> Span:
        """The place right after the token before."""
        return self.places.span(self.last.end, self.last.end)

    @property
    def at_end(self) -> bool:
        """Whether the text ended too early."""
        return self.token.type == END

    @property
    def starts_statement(self) -> bool:
        """Whether a statement could start here."""
        return "while" in self.expected and "return" in self.expected

    @property
    def starts_item(self) -> bool:
        """Whether an item could start here."""
        return "module" in self.expected and "kernel" in self.expected

    @property
    def starts_expression(self) -> bool:
        """Whether an expression could start here."""
        return "NUMBER" in self.expected and "NAME" in self.expected and "!" in self.expected

    @property
    def declares(self) -> bool:
        """Whether a name to declare must come here."""
        return "NAME" in self.expected and "NUMBER" not in self.expected and "void" not in self.expected

    @property
    def head(self) -> Token:
        """The first token of the statement or item that the failure is in."""
        n = len(self.before)
        depth = 0
        while n > 0:
            text = self.before[n - 1].text
            if text in (")", "]"):
                depth += 1
            elif text in ("(", "["):
                depth = max(0, depth - 1)
            elif text in ("{", "}") or (text == ";" and not depth):
                break
            n -= 1
        return self.before[n] if n < len(self.before) else self.token

    @property
    def on_new_line(self) -> bool:
        """Whether a line ends between the token before and this one."""
        return "\n" in self.places.source.text[self.last.end : self.token.start]

    def callee(self) -> Token | None:
        """The word before the parentheses that end right here: ``word`` in ``word (...) <here>``."""
        depth = 0
        for n in range(len(self.before) - 1, -1, -1):
            text = self.before[n].text
            depth += (text == ")") - (text == "(")
            if depth == 0:
                return self.before[n - 1] if text == "(" and n > 0 else None
        return None
