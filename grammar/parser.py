"""From text to tree: an LR driver over the stored table."""

from __future__ import annotations

from typing import Any

from defercheck.grammar.build_items import Builder
from defercheck.grammar.depth import check_depth
from defercheck.grammar.lexer import Lexer, Places, Token
from defercheck.grammar.span import Source
from defercheck.grammar.tables import END, Table, load_table
from defercheck.grammar.tree import SpecFile


def parse(text: str, name: str = "<text>", kernel: bool = False) -> SpecFile:
    """The tree of a spec.

    ``name`` is what messages call the text (its path). ``kernel`` marks the files of the kernel model; it changes only
    how reports fold steps. Raises ``SpecError`` with one diagnostic at the first error of syntax. A text without
    items is legal here.
    """
    source = Source(name, text, kernel)
    places = Places(source)
    table = load_table()
    builder = Builder(places)
    driver = _Driver(table, builder)
    lexer = Lexer(places, table, driver.accepts, builder.qualifiers)
    for token in lexer:
        if not driver.feed(token):
            from defercheck.grammar.errors import syntax_error  # only now: most texts are right

            raise syntax_error(lexer, token, driver.expected())
    items = tuple(driver.result())
    check_depth(items)
    comments = tuple((token.text, places.of(token)) for token in lexer.comments)
    qualifiers = [(token.text, places.of(token)) for token in builder.qualifiers]
    return SpecFile(source, items, comments, tuple(sorted(qualifiers + builder.ignored, key=lambda i: i[1].start)))


class _Driver:
    """The stacks of an LR parse, and the loop that moves them."""

    def __init__(self, table: Table, builder: Builder):
        self._table = table
        self._span = builder.places.span
        self._handlers = [getattr(builder, f"on_{rule.handler}", None) for rule in table.rules]
        self._states = [table.start]
        self._values: list[Any] = []
        self._starts: list[int] = []
        self._ends: list[int] = []

    def feed(self, token: Token) -> bool:
        """Take a token; False where the grammar has no place for it."""
        actions, defaults, states = self._table.actions, self._table.defaults, self._states
        while True:
            state = states[-1]
            if state == self._table.accepting:
                return token.type == END
            rule = defaults[state]
            if rule < 0:
                action = actions[state].get(token.type)
                if action is None:
                    return False
                if action >= 0:
                    states.append(action)
                    self._values.append(token)
                    self._starts.append(token.start)
                    self._ends.append(token.end)
                    return True
                rule = -1 - action
            self._reduce(rule, token.start)

    def result(self) -> list[Any]:
        """What was built, after the end token."""
        result: list[Any] = self._values[-1]
        return result

    def accepts(self, terminal: str) -> bool:
        """Whether the terminal could come next; exact, because it plays the reductions through on a copy."""
        table = self._table
        states = self._states
        copied = False
        while True:
            state = states[-1]
            if state == table.accepting:
                return terminal == END
            rule = table.defaults[state]
            if rule < 0:
                action = table.actions[state].get(terminal)
                if action is None:
                    return False
                if action >= 0:
                    return True
                rule = -1 - action
            if not copied:
                states = states.copy()
                copied = True
            production = table.rules[rule]
            if production.size:
                del states[-production.size :]
            states.append(table.gotos[states[-1]][production.origin])

    def expected(self) -> frozenset[str]:
        """All terminals that could come next."""
        return frozenset(terminal for terminal in self._table.terminals if self.accepts(terminal))

    def _reduce(self, number: int, here: int) -> None:
        rule = self._table.rules[number]
        values = self._values
        size = rule.size
        if size:
            children = values[-size:]
            start, end = self._starts[-size], self._ends[-1]
            del values[-size:], self._states[-size:], self._starts[-size:], self._ends[-size:]
        else:
            children = []
            start = end = here
        if rule.splices:
            children = _splice(children, rule.splices)
        value: Any
        if rule.unwrap and len(children) == 1:
            value = children[0]
        elif handler := self._handlers[number]:
            value = handler(self._span(start, end), children)
        else:
            value = children
        values.append(value)
        self._starts.append(start)
        self._ends.append(end)
        self._states.append(self._table.gotos[self._states[-1]][rule.origin])


def _splice(children: list[Any], splices: tuple[int, ...]) -> list[Any]:
    """Open up the lists among the children. Repetitions lean left, so extending the first list keeps it linear."""
    leads = splices[0] == 0
    result: list[Any] = children[0] if leads else []
    for n in range(leads, len(children)):
        if n in splices:
            result.extend(children[n])
        else:
            result.append(children[n])
    return result
