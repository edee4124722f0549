"""One test for each item of the language."""

from __future__ import annotations

import pytest
from defercheck.grammar import tree as t
from defercheck.grammar.parser import parse
from defercheck.grammar.span import SpecError

from tests.grammar.compare import item, words


def texts(names: tuple[t.Name, ...]) -> list[str]:
    return [name.text for name in names]


def test_an_empty_file_has_no_items() -> None:
    assert parse("").items == ()
    assert parse("  // nothing\n").items == ()


def test_kernel() -> None:
    assert [v.value for v in item('kernel "2.6.20", "6.1";').versions] == ["2.6.20", "6.1"]


def test_cpus() -> None:
    assert item("cpus 2;").count.value == 2


def test_option_and_its_short_form_for_preempt() -> None:
    long, short = parse("option preempt = voluntary; preempt voluntary;").items
    assert isinstance(long, t.OptionDecl) and isinstance(short, t.OptionDecl)
    assert [str(long.name), str(long.value)] == [str(short.name), str(short.value)] == ["preempt", "voluntary"]


def test_version() -> None:
    version = item('version "6.1" { list = FIFO; limit = 10; fair = true; }')
    assert version.name.value == "6.1"
    assert [(str(a), str(b)) for a, b in version.settings] == [("list", "FIFO"), ("limit", "10"), ("fair", "true")]


def test_enum_with_and_without_a_last_comma() -> None:
    assert texts(item("enum state { IDLE, BUSY };").constants) == ["IDLE", "BUSY"]
    assert texts(item("enum state { IDLE, BUSY, };").constants) == ["IDLE", "BUSY"]


def test_struct() -> None:
    struct = item("struct tag { work w(handler); int<0..3> n; } a, b;")
    assert str(struct.name) == "tag"
    assert [str(m.declarators[0].name) for m in struct.members] == ["w", "n"]
    assert texts(struct.instances) == ["a", "b"]


def test_struct_without_instances() -> None:
    assert item("struct tag { bool b; };").instances == ()


@pytest.mark.parametrize("end", ["", ";"])
def test_type(end: str) -> None:
    assert len(item(f"type tasklet {{ bool SCHED; function func; }}{end}").members) == 2


def test_declarators() -> None:
    decl = item("int<0..3> a[4], b = 2, c[2] = 1, d;")
    a, b, c, d = decl.declarators
    assert (a.length.value, a.initial) == (4, None)
    assert (b.length, b.initial.value) == (None, 2)
    assert (c.length.value, c.initial.value) == (2, 1)
    assert (d.length, d.initial, d.arguments) == (None, None, ())


def test_an_object_with_arguments() -> None:
    (declarator,) = item("tasklet t(handler, 3);").declarators
    assert [type(argument) for argument in declarator.arguments] == [t.NameExpr, t.IntLiteral]


def test_an_argument_may_multiply_and_a_parameter_may_point() -> None:
    assert isinstance(item("tasklet t(a * b);").declarators[0].arguments[0], t.Binary)
    assert isinstance(item("void f(tasklet *b) { }"), t.FunctionDecl)


@pytest.mark.parametrize("storage", ["percpu", "frame", "ghost"])
def test_storage(storage: str) -> None:
    assert item(f"{storage} bool b;").storage == storage
    assert item("bool b;").storage == ""


@pytest.mark.parametrize(
    ("text", "name", "keyword"),
    [
        ("bool", "bool", ""),
        ("int", "int", ""),
        ("unsigned long", "unsigned long", ""),
        ("unsigned int", "unsigned int", ""),
        ("long", "long", ""),
        ("tasklet", "tasklet", ""),
        ("struct my_data", "my_data", "struct"),
        ("enum state", "state", "enum"),
    ],
)
def test_named_types(text: str, name: str, keyword: str) -> None:
    named = item(f"{text} x;").type
    assert isinstance(named, t.NamedType)
    assert (named.name, named.keyword) == (name, keyword)


def test_int_type_takes_constant_expressions() -> None:
    ranged = item("int<-1..N - 1> x;").type
    assert isinstance(ranged.lo, t.Unary)
    assert (ranged.hi.op, ranged.hi.left.name) == ("-", "N")


def test_list_type() -> None:
    assert item("percpu list<tasklet> vec;").type.element.name == "tasklet"


@pytest.mark.parametrize("parameters", ["", "void"])
def test_a_function_without_parameters(parameters: str) -> None:
    function = item(f"void f({parameters}) {{ }}")
    assert (function.result.name, str(function.name), function.parameters) == ("void", "f", ())


def test_parameters() -> None:
    a, b = item("bool f(tasklet t, out bool flags) { }").parameters
    assert (a.type.name, str(a.name), a.out) == ("tasklet", "t", False)
    assert (b.type.name, str(b.name), b.out) == ("bool", "flags", True)


def test_a_parameter_type_with_parentheses() -> None:
    assert isinstance(item("void f(int<0..(1 << 2)> x)\n/* b */\n{ }"), t.FunctionDecl)


def test_define_and_its_use() -> None:
    define, use = parse("define DECLARE(tasklet t, function f) { t.func = f; } DECLARE(a, (unsigned long) &b);").items
    assert isinstance(define, t.DefineDecl) and len(define.parameters) == 2
    assert isinstance(use, t.MacroUse) and isinstance(use.arguments[1], t.Unary)


def test_qualifiers_are_set_aside() -> None:
    spec = parse("static const int<0..3> x; static void __init f(const struct work *w) { volatile bool b; }")
    assert words(spec) == ["static", "const", "static", "__init", "const", "*", "volatile"]
    assert [type(i) for i in spec.items] == [t.VarDecl, t.FunctionDecl]


def test_contexts() -> None:
    spec = parse(
        "irq a { } irq b on cpu 1 times 3 { } irq c times 2 { } thread d on cpu 0 { } thread e on each cpu { }"
    )
    found = [(c.kind, str(c.name), c.cpu and c.cpu.value, c.each_cpu, c.times and c.times.value) for c in spec.items]  # type: ignore[union-attr]
    assert found == [
        ("irq", "a", None, False, None),
        ("irq", "b", 1, False, 3),
        ("irq", "c", None, False, 2),
        ("thread", "d", 0, False, None),
        ("thread", "e", None, True, None),
    ]


def test_softirq_and_tasklet_contexts() -> None:
    spec = parse("softirq NET_RX { } tasklet mine { }")
    assert [c.kind for c in spec.items] == ["softirq", "tasklet"]  # type: ignore[union-attr]


def test_module_parts_in_any_order() -> None:
    both = item("module { exit { } init { f(); } }")
    assert both.exit.statements == () and len(both.init.statements) == 1
    assert item("module { }").init is None


@pytest.mark.parametrize("kind", ["invariant", "never", "cover", "lemma"])
def test_properties(kind: str) -> None:
    named, bare, choice = parse(f"{kind} mine: a && b; {kind} (a) || b; {kind} a ? b : c;").items
    assert (named.kind, str(named.name), named.expr.op) == (kind, "mine", "&&")  # type: ignore[union-attr]
    assert (bare.name, bare.expr.op) == (None, "||")  # type: ignore[union-attr]
    assert (choice.name, type(choice.expr)) == (None, t.Conditional)  # type: ignore[union-attr]


def test_expect_and_allow() -> None:
    plain, on, allow = parse('expect DF301; expect DF302 on "6.1", "6.12"; allow DF306 "why";').items
    assert plain.versions == () and [v.value for v in on.versions] == ["6.1", "6.12"]  # type: ignore[union-attr]
    assert (str(allow.code), allow.reason.value) == ("DF306", "why")  # type: ignore[union-attr]


def test_comments_are_kept() -> None:
    spec = parse("// a\ncpus 2; /* b\n */")
    assert [text for text, _ in spec.comments] == ["// a", "/* b\n */"]
    assert [(span.line, span.column) for _, span in spec.comments] == [(1, 1), (2, 9)]


def test_spans() -> None:
    spec = parse("cpus 2;\nbool sleep = false;\n", "drv.dfr")
    decl = spec.items[1]
    assert repr(decl.span) == "drv.dfr:2:1"
    assert decl.span.text == "bool sleep = false;"
    assert (decl.span.end_line, decl.span.end_column) == (2, 20)
    assert decl.declarators[0].span.text == "sleep = false"  # type: ignore[union-attr]


def test_crlf_and_byte_order_mark() -> None:
    spec = parse("\ufeffcpus 2;\r\n// x\r\nbool b;\r\n")
    assert [i.span.line for i in spec.items] == [1, 3]
    assert spec.comments[0][0] == "// x"


@pytest.mark.parametrize("text", ["irq a on cpu 0 on cpu 1 { }", "thread a times 2 { }", "softirq A on cpu 0 { }"])
def test_clauses_that_do_not_fit(text: str) -> None:
    with pytest.raises(SpecError):
        parse(text)
