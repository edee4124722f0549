"""From what an engine found to verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from defercheck.coverage import unexercised
from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.interpret import Interpreter
from defercheck.lower import Lowered
from defercheck.races import held
from defercheck.rules import codes, rule
from defercheck.sema.program import Program
from defercheck.sema.walk import walk
from defercheck.system.result import Exploration, Witness
from defercheck.system.system import UNREADABLE, Property, TransitionSystem
from defercheck.trace import driver_site, replay_witness, shorten
from defercheck.verdict import Trace, Verdict

if TYPE_CHECKING:
    from defercheck.check import Options

LIMIT_TEXT = {
    "states": "the limit on states was reached",
    "memory": "the limit on memory was reached",
    "time": "the limit on time was reached",
    "depth": "the limit on depth was reached",
    "interrupted": "it was interrupted",
}


def judge(
    program: Program, lowered: Lowered, reduced: TransitionSystem, found: Exploration, options: Options
) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
    """All verdicts in order of code, and the codes that the spec expects but that were not found."""
    return _Judge(program, lowered, reduced, found, options).verdicts()


class _Judge:
    def __init__(
        self, program: Program, lowered: Lowered, reduced: TransitionSystem, found: Exploration, options: Options
    ):
        self.program = program
        self.lowered = lowered
        self.reduced = reduced
        self.found = found
        self.options = options
        self._machines: dict[tuple[tuple[str, int], ...], Interpreter] = {}
        items = program.spec.items
        self.asserts = any(isinstance(n, tree.Assert) for n in walk(items))
        self.allowed = {i.code.text: i for i in items if isinstance(i, tree.AllowDecl)}
        self.expected = {
            i.code.text for i in items if isinstance(i, tree.ExpectDecl)
            and (not i.versions or program.version in [v.value for v in i.versions])
        }  # fmt: skip

    def verdicts(self) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
        found = [*self.rules(), *self.named(), *self.covers()]
        if self.found.complete:
            broken = any(v.outcome == "violated" for v in found)
            # paths end at violations, so what lies behind one says nothing
            found += [
                v
                for v in unexercised(self.program, self.lowered, self.found.fired)
                if self.checked(v.code) and not broken
            ]
            found += self.vacuous() if not broken else []
        done = [self.settle(v) for v in found]
        seen = {v.code for v in done if v.outcome in ("violated", "unreached", "allowed")}
        done += self.useless_allowances(seen)
        missing = tuple(sorted(self.expected - seen))
        return tuple(sorted(done, key=lambda v: (v.code, v.name))), missing

    def checked(self, code: str) -> bool:
        """Whether a rule is switched on."""
        return code not in self.options.disabled and (not self.options.only or code in self.options.only)

    def settle(self, v: Verdict) -> Verdict:
        """Mark what the spec expects or allows."""
        if v.outcome == "violated" and v.code in self.allowed and v.code not in self.expected:
            return replace(v, outcome="allowed", reason=self.allowed[v.code].reason.value)
        if v.outcome in ("violated", "unreached", "undetermined") and v.code in self.expected:
            return replace(v, expected=True)
        return v

    # ---- rules ----

    def rules(self) -> Iterator[Verdict]:
        """One verdict for each built-in rule."""
        witnesses = self.witnesses()
        for code in codes():
            r = rule(code)
            hits = witnesses.get(code, [])
            # what the model promises by itself and no driver can break is not spoken of, unless the model breaks it
            spoken_of = (r.checked or hits) and self.checked(code)
            if not spoken_of or code in ("DF702", "DF703") or code >= "DF901":
                continue
            if code == "DF404":
                yield from self.lock_order(r.name)
                continue
            if code == "DF601" and hits:
                yield from self.races(r.name, hits)
                continue
            if code == "DF701" and not hits and not self.asserts:
                continue
            if code == "DF502" and hits and {"DF402", "DF501", "DF503"} & witnesses.keys():
                continue  # who hangs or storms is told of; what is stranded behind it is no news
            if not hits:
                yield self.nothing(code, r.name)
                continue
            yield self.violation(r.name, hits)

    def schedule(self, p: Property, w: Witness) -> Trace:
        """The schedule that shows a violation (or reaches a cover), replayed on the system as compiled."""
        return replay_witness(w, self.machine(w), self.lowered.system.claim(p.id))

    def machine(self, w: Witness) -> Interpreter:
        """The system as compiled, with the values that the witness gives to what is free at first."""
        if w.given not in self._machines:
            self._machines[w.given] = Interpreter(self.lowered.system.given(w.given))
        return self._machines[w.given]

    def witnesses(self) -> dict[str, list[tuple[Property, Witness]]]:
        """What was found, by code, the shortest first."""
        result: dict[str, list[tuple[Property, Witness]]] = {}
        for p in self.reduced.properties:
            w = self.found.witnesses.get(p.id)
            if w is not None and not p.hidden and p.kind != "cover" and p.code not in ("DF702", "DF703"):
                result.setdefault(p.code, []).append((p, w))
        for hits in result.values():
            hits.sort(key=lambda hit: len(hit[1].path))
        return result

    def violation(self, name: str, hits: list[tuple[Property, Witness]]) -> Verdict:
        """The verdict for a broken rule: its shortest schedule, and where else it is broken."""
        p, w = hits[0]
        trace = self.schedule(p, w)
        span = p.span if p.span is not None and not p.span.source.kernel else self.blame(p, trace)
        also = dict.fromkeys(
            q.span for q, _ in hits[1:] if q.span is not None and not q.span.source.kernel and not same(q.span, span)
        )
        text = sentence(p)
        if p.kind == "stuck" and p.context is not None:
            about = f" (`{p.subject}`)" if p.subject in self.program.instances else ""
            text = f"`{self.reduced.contexts[p.context].name}` is stuck: {p.message}{about}"
        return Verdict(p.code, name, "violated", text + given(w), p.subject, span, trace, tuple(also))

    def blame(self, p: Property, trace: Trace) -> Span | None:
        """The place in the driver to show: the object that the rule speaks of, else the last driver statement."""
        if p.subject in self.lowered.program.instances:
            return self.lowered.program.instances[p.subject].span
        for step in reversed(trace.steps):
            if (site := driver_site(step)) is not None:
                return site
        return p.span if p.span is not None and not p.span.source.kernel else None

    def nothing(self, code: str, name: str) -> Verdict:
        """The verdict where nothing was found: only a complete search can say that there is nothing."""
        if not self.found.complete:
            return Verdict(code, name, "undetermined", reason=LIMIT_TEXT.get(self.found.limit, self.found.limit))
        open_ones = {p.code for p in self.reduced.properties if p.kind in ("stuck", "lasting")}
        if not self.found.fair_checked and code == "DF703":
            return Verdict(code, name, "undetermined", reason="the search for fair schedules was cut short")
        if not self.found.stuck_checked and code in open_ones:
            return Verdict(
                code, name, "undetermined", reason="the search for contexts that wait for ever was cut short"
            )
        return Verdict(code, name, "explored")

    def lock_order(self, name: str) -> Iterator[Verdict]:
        """DF404: both orders of a pair of locks occur."""
        orders = {p.id: p for p in self.reduced.properties if p.hidden and p.code == "DF404"}
        any_found = False
        for id, p in orders.items():
            _, a, b = id.split(":", 2)
            other = orders.get(f"order:{b}:{a}")
            if other is None or a > b or id not in self.found.witnesses or other.id not in self.found.witnesses:
                continue
            any_found = True
            trace, reverse = (self.schedule(q, self.found.witnesses[q.id]) for q in (p, other))
            here, there = driver_site(trace.steps[-1]), driver_site(reverse.steps[-1])
            where = f" (line {there.line}, by {reverse.steps[-1].context})" if there is not None else ""
            text = f"`{b}` is taken while `{a}` is held here, and `{a}` while `{b}` is held elsewhere{where}"
            yield Verdict("DF404", name, "violated", text, b, here, trace, (there,) if there is not None else ())
        if not any_found:
            yield self.nothing("DF404", name)

    def races(self, name: str, hits: list[tuple[Property, Witness]]) -> Iterator[Verdict]:
        """DF601: one verdict for each variable, with both accesses and what each side holds."""
        for variable in dict.fromkeys(p.subject for p, _ in hits):
            mine = [hit for hit in hits if hit[0].subject == variable]
            v = self.violation(name, mine)
            p, w = mine[0]
            text = f"{v.message}: {held(p, shorten(w.path, self.machine(w), p), self.machine(w))}"
            places = (p.also, *(s for q, _ in mine for s in (q.span, q.also)))
            also = dict.fromkeys(s for s in places if s is not None and not same(s, v.span))
            yield replace(v, message=text, also=tuple(also))

    # ---- the spec's own properties ----

    def named(self) -> Iterator[Verdict]:
        """One verdict for each invariant, never, eventually and leads-to."""
        for p in self.reduced.properties:
            if p.code not in ("DF702", "DF703") or not self.checked(p.code):
                continue
            w = self.found.witnesses.get(p.id)
            if w is None and p.id.endswith(UNREADABLE):
                continue
            if w is None:
                v = self.nothing(p.code, p.subject)
                yield replace(v, message=sentence(p) if v.outcome == "violated" else "", span=p.span)
            else:
                trace = self.schedule(p, w)
                yield Verdict(p.code, p.subject, "violated", p.message + given(w), p.subject, p.span, trace)

    def covers(self) -> Iterator[Verdict]:
        """One verdict for each cover."""
        if not self.checked("DF904"):
            return
        for p in self.reduced.properties:
            if p.kind != "cover" or p.hidden:
                continue
            w = self.found.witnesses.get(p.id)
            if w is not None:
                trace = self.schedule(p, w)
                yield Verdict("DF904", p.subject, "reached", "", p.subject, p.span, trace)
            elif self.found.complete:
                yield Verdict("DF904", p.subject, "unreached", p.message, p.subject, p.span)
            else:
                reason = LIMIT_TEXT.get(self.found.limit, self.found.limit)
                yield Verdict("DF904", p.subject, "undetermined", "", p.subject, p.span, reason=reason)

    def vacuous(self) -> Iterator[Verdict]:
        """DF902 for implications whose left side is never true."""
        for p in self.reduced.properties:
            if p.code == "DF902" and p.id not in self.found.witnesses and self.checked("DF902"):
                yield Verdict("DF902", "holds vacuously", "violated", p.message, p.subject, p.span, severity="warning")

    def useless_allowances(self, seen: set[str]) -> Iterator[Verdict]:
        """An allowance that silences nothing is itself a finding."""
        if not self.found.complete:
            return
        for code, item in self.allowed.items():
            if code not in seen and self.checked(code):
                text = f"`allow {code}` silences nothing: no schedule breaks that rule"
                yield Verdict("DF902", "useless allowance", "violated", text, code, item.span)


def given(w: Witness) -> str:
    """With which values of the spec's parameters it happens."""
    return f", with {', '.join(f'{name} = {value}' for name, value in w.given)}" if w.given else ""


def sentence(p: Property) -> str:
    """The property's message with its subject in front where the message is only a predicate."""
    first = p.message.split(" ", 1)[0]
    if p.subject and first in ("is", "runs", "returns", "spins", "waits", "leaves", "has"):
        return f"`{p.subject}` {p.message}"
    return p.message


def same(a: Span, b: Span | None) -> bool:
    """Whether two spans are the same place."""
    return b is not None and (a.source.name, a.start, a.end) == (b.source.name, b.start, b.end)
