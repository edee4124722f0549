"""One test for each statement and each kind of expression, and for words that are keywords only in their place."""

from __future__ import annotations

import pytest
from defercheck.grammar import tree as t
from defercheck.grammar.parser import parse

from tests.grammar.compare import bare, expr, item, statement


@pytest.mark.parametrize("op", ["=", "+=", "-=", "|=", "&=", "^="])
def test_assign(op: str) -> None:
    found = statement(f"x[1].y {op} 3;")
    assert (type(found), found.op, type(found.target)) == (t.Assign, op, t.Field)
    assert found.span.text == f"x[1].y {op} 3;"


@pytest.mark.parametrize("text", ["x++;", "x--;", "++x;", "--x;"])
def test_steps(text: str) -> None:
    found = statement(text)
    assert (type(found), found.op, found.target.name) == (t.IncDec, text.strip("x;"), "x")


def test_call() -> None:
    found = statement("t.func(1);")
    assert isinstance(found, t.ExprStatement) and isinstance(found.expr.callee, t.Field)


def test_local_declarations() -> None:
    found = statement("struct work *w, v = x;")
    assert isinstance(found, t.VarDecl) and [str(d.name) for d in found.declarators] == ["w", "v"]
    assert isinstance(statement("frame bool b;"), t.VarDecl)


def test_if_chain() -> None:
    found = statement("if (a) x(); else if (b) y(); else { z(); }")
    assert isinstance(found.otherwise, t.If) and isinstance(found.otherwise.otherwise, t.Block)


def test_else_belongs_to_the_inner_if() -> None:
    found = statement("if (a) if (b) x(); else y();")
    assert found.otherwise is None and found.then.otherwise is not None


def test_while_and_do() -> None:
    assert isinstance(statement("while (a) { }").body, t.Block)
    assert isinstance(statement("do x(); while (a);"), t.DoWhile)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("for (int<0..3> i = 0; i < 3; i++) ;", (t.VarDecl, t.Binary, t.IncDec)),
        ("for (i = 0; ; i += 1) ;", (t.Assign, type(None), t.Assign)),
        ("for (; a; f()) ;", (type(None), t.NameExpr, t.ExprStatement)),
        ("for (;;) ;", (type(None), type(None), type(None))),
        ("for (;; i++) ;", (type(None), type(None), t.IncDec)),
    ],
)
def test_for(text: str, parts: tuple[type, type, type]) -> None:
    found = statement(text)
    assert (type(found.initial), type(found.condition), type(found.step)) == parts


def test_foreach() -> None:
    plain = statement("foreach (tasklet t) ;")
    within = statement("foreach (enum state s in a.b) ;")
    assert (plain.type.name, str(plain.name), plain.within) == ("tasklet", "t", None)
    assert (within.type.keyword, type(within.within)) == ("enum", t.Field)


def test_jumps() -> None:
    assert [type(statement(text)) for text in ("break;", "continue;", "return;")] == [t.Break, t.Continue, t.Return]
    assert statement("return x;").value.name == "x"


def test_choose() -> None:
    assert len(statement("choose { } or { f(); } or { }").branches) == 3


def test_assert() -> None:
    assert statement("assert(a);").message == ""
    assert statement('assert(a, "why");').message == "why"


def test_atomic() -> None:
    assert isinstance(statement("atomic { f(); }").body, t.Block)


def test_await() -> None:
    plain, named = statement("await (a);"), statement('await (a) else DF402 "why";')
    assert (plain.code, plain.message) == ("", "")
    assert (named.code, named.message) == ("DF402", "why")


def test_check() -> None:
    found = statement('check DF101 (a > 1) "must not sleep";')
    assert (str(found.code), found.condition.op, found.message) == ("DF101", ">", "must not sleep")


def test_when() -> None:
    found = statement("when (list == FIFO) { } else ;")
    assert (type(found), type(found.then), type(found.otherwise)) == (t.When, t.Block, t.Empty)


# ---- expressions


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a ==> b ==> c", "a ==> (b ==> c)"),
        ("a || b ==> c ? d : e", "(a || b) ==> (c ? d : e)"),
        ("a ? b : c ? d : e", "a ? b : (c ? d : e)"),
        ("a || b && c", "a || (b && c)"),
        ("a | b ^ c & d == e", "a | (b ^ (c & (d == e)))"),
        ("a == b < c", "a == (b < c)"),
        ("a < b << c + d * e", "a < (b << (c + (d * e)))"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c % d", "((a / b) * c) % d"),
        ("-a * !b", "(-a) * (!b)"),
        ("!a.b(c)[d]->e", "!((((a.b)(c))[d])->e)"),
        ("&a & ~b", "(&a) & (~b)"),
        ("a != b == c", "(a != b) == c"),
        ("a >= b <= c >> d", "(a >= b) <= (c >> d)"),
    ],
)
def test_precedence(text: str, grouped: str) -> None:
    assert bare(expr(text)) == bare(expr(grouped))


def test_grouping_matters() -> None:
    assert bare(expr("(a + b) * c")) != bare(expr("a + b * c"))


def test_spans_of_operands() -> None:
    found = expr("(a + b) * (c)")
    assert found.span.text == "(a + b) * (c)"
    assert (found.left.span.text, found.right.span.text) == ("a + b", "c")
    assert expr("a + (b) + c").left.span.text == "a + (b)"


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("42", 42), ("0x2A", 42), ("10UL", 10), ("7u", 7)])
def test_numbers(text: str, value: int) -> None:
    assert expr(text).value == value


def test_constants() -> None:
    assert [type(expr(text)) for text in ("true", "NULL", '"s"')] == [t.BoolLiteral, t.NullLiteral, t.StringLiteral]
    assert expr('f("a\\"b")').arguments[0].value == 'a\\"b'


def test_any() -> None:
    assert expr("any()").lo is None
    found = expr("any(0..n - 1)")
    assert (found.lo.value, found.hi.op) == (0, "-")


def test_casts_and_log_levels_are_set_aside() -> None:
    assert isinstance(expr("f((unsigned long) &x)").arguments[0], t.Unary)
    assert isinstance(expr("f((const struct a *) x)").arguments[0], t.NameExpr)
    assert expr('printk(KERN_INFO "hello")').arguments[0].value == "hello"


# ---- words that are keywords only in their place

FREE = (
    *("on", "cpu", "cpus", "times", "each", "init", "exit", "kernel", "option", "version", "or", "any", "check"),
    *("expect", "allow", "cover", "never", "invariant", "lemma", "type", "frame", "ghost", "percpu", "out", "in"),
    *("list", "module", "irq", "thread", "softirq", "tasklet", "preempt", "define", "choose", "atomic"),
)


@pytest.mark.parametrize("word", FREE)
def test_free_words(word: str) -> None:
    body = f"int<0..3> {word} = 1; {word} = {word} + 2; {word}++; x = a.{word}; {word}.b = f({word});"
    (function,) = parse(f"void {word}(bool {word}) {{ {body} }}").items
    assert isinstance(function, t.FunctionDecl) and function.name.text == word
    assert [type(s) for s in function.body.statements] == [t.VarDecl, t.Assign, t.IncDec, t.Assign, t.Assign]
    assert item(f"never {word}: {word} && !{word};").name.text == word


@pytest.mark.parametrize("word", ["check", "cover", "version", "kernel", "on"])
def test_free_words_can_be_called(word: str) -> None:
    assert isinstance(statement(f"{word}(1);"), t.ExprStatement)


def test_a_keyword_after_a_declaration_in_a_block() -> None:
    """The item keywords must not leak into a block that just ended a declaration (a LALR look-ahead would let them)."""
    (function,) = parse("void f(void) { bool version; version = true; { } irq = 3; }").items
    assert len(function.body.statements) == 4  # type: ignore[union-attr]
