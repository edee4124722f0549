"""Random sequential programs: the compiled system ends as a plain interpreter of the tree says."""

from __future__ import annotations

import pytest
from defercheck.check import Options, compile_program, load, reduced, resolve
from defercheck.grammar.span import Source
from defercheck.interpret import Interpreter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lower.walker import OutOfRange, Walker

NAMES = ["a", "b", "c"]
HEAD = "cpus 1;\nint<0..7> a = 1; int<0..7> b; int<0..7> c = 5;\n"
FUNCTIONS = """
int<0..7> set(int<0..7> n) { a = n; if (n > 4) return 2; b = (b + 1) % 8; return n; }
bool bump() { c = (c + 3) % 8; return c > 3; }
bool look() { return a > b; }
void twice(int<0..7> n) { for (int<0..7> k = 0; k < 2; k++) { if (k == n) continue; c = (c + n) % 8; } }
int<0..7> lower(int<0..7> n) { while (n > 2) { n--; if (n == 4) return 7; } return n; }
"""


@st.composite
def number(draw: st.DrawFn, depth: int) -> str:
    """A number; where calls that take steps stand in it, nothing else does that they could change: as in C, it is not
    said which comes first."""
    if depth == 0:
        return draw(st.sampled_from([*NAMES, "0", "1", "3", "7"]))
    return draw(made_by_calls(depth=depth) if draw(st.booleans()) else plain(depth=depth))


@st.composite
def plain(draw: st.DrawFn, depth: int) -> str:
    leaf = number(depth=0)
    match draw(st.sampled_from(["leaf", "sum", "conditional"])):
        case "sum":
            return f"(({draw(leaf)} {draw(st.sampled_from(['+', '*']))} {draw(plain(depth=max(depth - 1, 0)))}) % 8)"
        case "conditional":
            return f"({draw(leaf)} > 2 ? {draw(leaf)} : {draw(leaf)})"
    return draw(leaf)


@st.composite
def made_by_calls(draw: st.DrawFn, depth: int) -> str:
    match draw(st.sampled_from(["set", "lower", "sum"])) if depth else "constant":
        case "constant":
            return draw(st.sampled_from(["0", "2", "6"]))
        case "sum":
            return f"(({draw(made_by_calls(depth=depth - 1))} + {draw(made_by_calls(depth=depth - 1))}) % 8)"
        case name:
            return f"{name}({draw(number(depth=depth - 1))})"


@st.composite
def truth(draw: st.DrawFn, depth: int) -> str:
    if depth == 0:
        comparison = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        right = draw(number(depth=1))
        left = draw(st.sampled_from(["1", "4"]) if "set(" in right or "lower(" in right else number(depth=0))
        return f"{left} {comparison} {right}"
    inner = truth(depth=depth - 1)
    kind = draw(st.sampled_from(["leaf", "and", "or", "not", "bump", "look"]))
    match kind:
        case "and" | "or":
            return f"({draw(inner)} {'&&' if kind == 'and' else '||'} {draw(inner)})"
        case "not":
            return f"!({draw(inner)})"
        case "bump" | "look":
            return f"{kind}()"
    return draw(truth(depth=0))


@st.composite
def statement(draw: st.DrawFn, depth: int, loop: bool, counter: int = 0) -> str:
    kinds = ["assign", "assign", "call", "twice", "count", "atomic"]
    kinds += ["if", "ifelse", "for", "do", "block"] if depth else []
    kinds += ["break", "continue"] if loop else []
    kind = draw(st.sampled_from(kinds))
    body = st.lists(statement(depth=max(depth - 1, 0), loop=loop, counter=counter + 1), max_size=3)
    looped = st.lists(statement(depth=max(depth - 1, 0), loop=True, counter=counter + 1), max_size=3)
    match kind:
        case "assign":
            return f"{draw(st.sampled_from(NAMES))} = {draw(number(depth=2))};"
        case "call":
            return f"bump(); set({draw(number(depth=1))});"
        case "twice":
            return f"twice({draw(number(depth=1))});"
        case "count":
            return f"{draw(st.sampled_from(NAMES))}{draw(st.sampled_from(['++', '--']))};"
        case "atomic":
            return f"atomic {{ a = {draw(number(depth=0))}; if (a > c) {{ b = a; }} else c = (b + 1) % 8; }}"
        case "if":
            return f"if ({draw(truth(depth=2))}) {{ {' '.join(draw(body))} }}"
        case "ifelse":
            return f"if ({draw(truth(depth=2))}) {{ {' '.join(draw(body))} }} else {{ {' '.join(draw(body))} }}"
        case "for":
            i = f"i{counter}"
            return f"for (int<0..7> {i} = 0; {i} < 3 && {draw(truth(depth=1))}; {i}++) {{ {' '.join(draw(looped))} }}"
        case "do":
            i = f"n{counter}"
            inner = " ".join(draw(looped))
            return f"{{ int<0..7> {i} = 0; do {{ {i}++; {inner} }} while ({i} < 3 && {draw(truth(depth=1))}); }}"
        case "block":
            return f"{{ int<0..7> x{counter} = {draw(number(depth=1))}; {' '.join(draw(body))} a = x{counter}; }}"
    return f"{kind};"


def final_state(text: str, reduce: bool) -> dict[str, int] | None:
    """The driver's variables when the only thread is done; ``None`` when it left a range."""
    options = Options(reduce=reduce)
    lowered = compile_program(resolve(load(Source("random.dfr", text)), "6.1", options), options)
    machine = Interpreter(reduced(lowered.system, options)[0])
    state = machine.system.initial
    for _ in range(5000):
        enabled = machine.enabled(state)
        if not enabled:
            view = machine.view(state)
            first = dict(zip(machine.names, machine.system.initial, strict=True))
            constant = {v.name: v.init for v in lowered.system.variables}
            return {n: view.get(n, first.get(n, constant[n])) for n in NAMES}
        (step,) = enabled  # one thread, no choice: never two ways to go on
        if machine.system.transitions[step].violates:
            return None
        state = machine.apply(state, machine.system.transitions[step])
    raise AssertionError("the program does not end")


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(statement(depth=2, loop=False), min_size=1, max_size=6), st.booleans())
def test_compiled_programs_end_as_the_tree_says(statements: list[str], reduce: bool) -> None:
    text = HEAD + FUNCTIONS + "thread t {\n    " + "\n    ".join(statements) + "\n}\ninvariant sum: a + b + c >= 0;\n"
    try:
        expected: dict[str, int] | None = Walker(load(Source("random.dfr", text))).run()
    except OutOfRange:
        expected = None
    assert final_state(text, reduce) == expected, text


@pytest.mark.parametrize(
    ("body", "a", "b"),
    [
        ("if (bump() && set(7) > 1) b = 3;", 1, 0),
        ("if (!bump() && set(7) > 1) b = 3;", 7, 3),
        ("if (bump() || set(7) > 1) b = 3;", 7, 3),
        ("for (int<0..7> i = 0; i < 3 && (b == a && 1 == set(a)); i++) { }", 1, 0),
        ("if (b == a && (a > 7 || 1 == set(a)) || a == 1 && lower(6) == 7) a = 6;", 6, 0),
        ("a = set(3) + set(1);", 4, 2),
        ("while (true) { a = (a + 1) % 8; if (a == 5) break; }", 5, 0),
        ("for (;;) { if (lower(a) == 7) break; a++; }", 5, 0),
    ],
)
def test_calls_in_conditions(body: str, a: int, b: int) -> None:
    """`bump` makes c 0 and says false."""
    text = HEAD + FUNCTIONS + f"thread t {{ {body} }}\ninvariant sum: a + b + c >= 0;\n"
    for reduce in (True, False):
        result = final_state(text, reduce)
        assert result is not None
        assert (result["a"], result["b"]) == (a, b)
