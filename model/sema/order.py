"""Threads that start after others: the others exist, and nobody waits for itself."""

from __future__ import annotations

from collections.abc import Iterable

from defercheck.grammar import tree
from defercheck.sema.complaints import Complaints
from defercheck.sema.constants import suggest


def check_order(items: Iterable[tree.Item], complaints: Complaints) -> None:
    """Complain about ``after NAME`` where NAME is no thread of the spec, or can only end after who waits for it."""
    threads = {n.text: i for i in items if isinstance(i, tree.ContextDecl) and i.kind == "thread" for n in i.names}
    waits = {name: [a.text for a in item.after] for name, item in threads.items()}
    for name, item in threads.items():
        if name != item.name.text:
            continue
        for a in item.after:
            if a.text not in threads:
                help = suggest(a.text, threads) or "only threads end: name one of this spec"
                complaints.add(f"there is no thread `{a}`", a.span, "not declared", help)
            elif any(_leads(a.text, n.text, waits, set()) for n in item.names):
                text = f"`{name}` waits for itself"
                itself = a.text in [n.text for n in item.names]
                label = "" if itself else f"`{a}` starts only after `{name}` has ended"
                complaints.add(text, a.span, label, "drop one `after`")


def _leads(name: str, to: str, waits: dict[str, list[str]], seen: set[str]) -> bool:
    """Whether a thread is, or starts only after, another."""
    if name == to:
        return True
    if name in seen:
        return False
    seen.add(name)
    return any(_leads(before, to, waits, seen) for before in waits.get(name, ()))
