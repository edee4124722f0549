"""The parse table: made by Lark from ``dfr.lark``, kept beside it as plain data, so that a start need not redo it.

Lark takes some 200 ms to import and to analyse the grammar; reading the stored table takes a few. The stored table
names the grammar that it was made from by its digest: after a change to the grammar (or without the file) the table is
made anew in memory, so a stale file costs time and never a wrong parse. ``python -m defercheck.grammar.tables`` renews
it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

END = "$END"
"""The terminal after the last token."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A production: how many symbols to take from the stack, and what to do with them.

    ``handler`` names the builder's method. A rule whose ``origin`` starts with an underscore has none: its children
    are spliced into its parent's. ``unwrap`` rules with one child stand for that child.
    """

    origin: str
    handler: str
    size: int
    splices: tuple[int, ...]
    unwrap: bool


@dataclass(frozen=True, slots=True)
class Table:
    """An LALR(1) table. Terminals are named by their text (``";"``, ``"if"``), or NAME, NUMBER, STRING and so on.

    ``actions[state]`` maps a terminal to the state to shift to (not negative), or to ``-1 - rule`` to reduce.
    ``defaults[state]`` is the rule that the state reduces by whatever comes, or -1.
    """

    rules: tuple[Rule, ...]
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    defaults: tuple[int, ...]
    start: int
    accepting: int
    terminals: frozenset[str]


def grammar_path() -> Path:
    """Where the grammar stands."""
    return Path(__file__).with_name("dfr.lark")


def stored_path() -> Path:
    """Where the stored table stands."""
    return Path(__file__).with_name("dfr.json")


@lru_cache(maxsize=1)
def load_table() -> Table:
    """The table of the grammar as it is on disk now."""
    text = grammar_path().read_text("utf-8")
    try:
        data = json.loads(stored_path().read_text("utf-8"))
    except (OSError, ValueError):
        data = {}
    if data.get("grammar") != _digest(text):
        data = make_table(text)
    return _from_data(data)


def make_table(grammar: str) -> dict[str, Any]:
    """Analyse a grammar with Lark; the table as JSON-able data."""
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """Stands in for Lark's own lexers, which would compile regular expressions that nobody uses."""

        def __init__(self, conf: object) -> None:
            pass

        def lex(self, *args: object) -> Any:
            raise NotImplementedError

    lark = Lark(grammar, parser="lalr", lexer=NoLexer, keep_all_tokens=True, maybe_placeholders=False)
    table = lark.parser.parser._parse_table  # type: ignore[attr-defined]
    texts = {t.name: t.pattern.value for t in lark.terminals}
    rules = sorted({r for row in table.states.values() for _, r in row.values() if not isinstance(r, int)}, key=str)
    number = {rule: n for n, rule in enumerate(rules)}
    order = _breadth_first(table.states, table.start_states["start"])
    actions: list[dict[str, int]] = [{} for _ in order]
    gotos: list[dict[str, int]] = [{} for _ in order]
    defaults = [-1 for _ in order]
    for old, state in order.items():
        for symbol, (_, target) in table.states[old].items():
            if not isinstance(target, int):
                actions[state][texts.get(symbol, symbol)] = -1 - number[target]
            elif symbol in texts or symbol.isupper() or symbol.startswith("$"):
                actions[state][texts.get(symbol, symbol)] = order[target]
            else:
                gotos[state][symbol] = order[target]
        targets = set(actions[state].values())
        if len(targets) == 1 and min(targets) < 0:
            defaults[state] = -1 - targets.pop()
    return {
        "grammar": _digest(grammar),
        "rules": [_rule_data(rule) for rule in rules],
        "actions": actions,
        "gotos": gotos,
        "defaults": defaults,
        "start": order[table.start_states["start"]],
        "accepting": order[table.end_states["start"]],
    }


def _breadth_first(states: dict[int, Any], start: int) -> dict[int, int]:
    """New numbers for the states, the same in every run (Lark's own follow the hashes of strings)."""
    order = {start: 0}
    for state in (queue := [start]):
        for symbol in sorted(states[state]):
            target = states[state][symbol][1]
            if isinstance(target, int) and target not in order:
                order[target] = len(order)
                queue.append(target)
    return order


def _rule_data(rule: Any) -> list[Any]:
    origin = rule.origin.name
    splices = [n for n, symbol in enumerate(rule.expansion) if not symbol.is_term and symbol.name.startswith("_")]
    handler = "" if origin.startswith("_") else rule.alias or origin
    return [origin, handler, len(rule.expansion), splices, bool(rule.options.expand1 and not rule.alias)]


def _from_data(data: dict[str, Any]) -> Table:
    return Table(
        rules=tuple(Rule(o, h, n, tuple(splices), unwrap) for o, h, n, splices, unwrap in data["rules"]),
        actions=tuple(data["actions"]),
        gotos=tuple(data["gotos"]),
        defaults=tuple(data["defaults"]),
        start=data["start"],
        accepting=data["accepting"],
        terminals=frozenset(symbol for row in data["actions"] for symbol in row),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def stored_text() -> str:
    """What the stored file should hold: one state a line, so that a change of the grammar shows as a readable diff."""
    data = make_table(grammar_path().read_text("utf-8"))
    parts = []
    for key, value in data.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, separators=(",", ":"), sort_keys=True) for row in value)
            parts.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    stored_path().write_text(stored_text(), "utf-8")
