"""What the canonical style looks like."""

from __future__ import annotations

from textwrap import dedent

import pytest
from defercheck.grammar.format_layout import WIDTH
from defercheck.grammar.formatter import format
from defercheck.grammar.parser import parse


def formatted(text: str) -> str:
    result = format(parse(dedent(text)))
    assert format(parse(result)) == result
    return result


def inside(text: str) -> str:
    """One statement, formatted inside a function, without the function."""
    result = formatted(f"void f() {{\n{text}\n}}\n").splitlines()
    assert (result[0], result[-1]) == ("void f() {", "}")
    return dedent("\n".join(result[1:-1]))


def stays(text: str) -> None:
    assert formatted(text) == dedent(text)


def test_a_canonical_spec_stays() -> None:
    stays(
        """\
        // A driver.
        kernel "6.1"; // the LTS
        cpus 2;

        struct work_data {
            work my_work(work_handler);
            int<0..63> the_data;
        } my_data;
        bool sleep = false;

        /*
         * Runs later.
         */
        static void work_handler(void) {
            // no sleep here
            wake_up(&my_wq);

            if (sleep && !my_data.done) {
                kfree(my_data); /* gone */
            } else if (x) {
                y = 0x1F;
            } else {
                // nothing
            }
            // the end
        }
        DECLARE_TASKLET(t, work_handler, (unsigned long) &my_data);

        module {
            init {
                schedule_work(my_data.my_work);
            }
            exit { }
        }
        invariant once: runs(t) <= 1;
        // last words
        """
    )


def test_spaces_and_braces() -> None:
    assert formatted("irq  a on  cpu 0{x=1;f(a,b) ;}") == "irq a on cpu 0 { x = 1; f(a, b); }\n"
    assert formatted("irq a\n{\nx=1;}") == "irq a {\n    x = 1;\n}\n"


def test_one_line_stays_one_line_if_it_fits() -> None:
    stays("bool f() { return x; }\n")
    stays(
        "void f() {\n    if (a) return;\n    else b();\n    atomic { x = 1; y = 2; }\n    choose { } or { x = 1; }\n}\n"
    )
    long = "x" * (WIDTH - 20)
    assert formatted(f"bool f() {{ return {long}; }}") == f"bool f() {{\n    return {long};\n}}\n"


def test_bodies_without_braces_stand_on_their_own_line() -> None:
    assert inside("if (a)\nx();\nelse\ny();") == "if (a)\n    x();\nelse\n    y();"
    assert inside("do\nx();\nwhile (a);") == "do\n    x();\nwhile (a);"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x = (a+b)*c;", "x = (a + b) * c;"),
        ("x = ((a))+b;", "x = (a) + b;"),
        ("x = a?b:c;", "x = a ? b : c;"),
        ("x = - -a;", "x = - -a;"),
        ("x = &a&&!b;", "x = &a && !b;"),
        ("++x;", "x++;"),
        ("x = any( 0 .. 3 );", "x = any(0..3);"),
        ("x = 0x1F+10UL;", "x = 0x1F + 10UL;"),
        ("struct work_struct*w=&a->b[ 1 ];", "struct work_struct *w = &a->b[1];"),
        ('printk(KERN_INFO"a") ;', 'printk(KERN_INFO "a");'),
        ("f((const struct a*)b);", "f((const struct a *) b);"),
        ("for(;;);", "for (;;) ;"),
        ('await(a)else DF402 "why";', 'await (a) else DF402 "why";'),
        ("{ }", "{ }"),
    ],
)
def test_statements(text: str, result: str) -> None:
    assert inside(text) == result


def test_blank_lines() -> None:
    text = "\n\nbool a;\n\n\n\nbool b;\nvoid f() {\n\n    x = 1;\n\n\n    y = 2;\n\n}\n\n\n"
    assert formatted(text) == "bool a;\n\nbool b;\nvoid f() {\n    x = 1;\n\n    y = 2;\n}\n"


def test_comments_between_branches() -> None:
    text = """\
        if (a) { // one
            x();
            // two
        } // three
        else
        // four
        {
            y();
        } // five"""
    expected = [
        "if (a) { // one",
        "    x();",
        "    // two",
        "} else {",
        "    // three",
        "    // four",
        "    y();",
        "} // five",
    ]
    assert inside(text).splitlines() == expected


def test_comments_behind_neighbouring_lines_share_a_column() -> None:
    assert formatted("bool a; // a\nbool bcd; // b\n\nbool e;     // e\n") == (
        "bool a;   // a\nbool bcd; // b\n\nbool e; // e\n"
    )


def test_comments_in_lists() -> None:
    assert formatted("enum e { A, // a\n B /* b */ };") == "enum e {\n    A, // a\n    B  /* b */\n};\n"
    assert formatted("void f() { g(a, /* why */ b); }") == "void f() {\n    g(a, /* why */ b);\n}\n"
    assert formatted("void f() {\n g(a, // why\n b);\n}") == "void f() {\n    // why\n    g(a, b);\n}\n"


def test_long_comments_move_with_their_code() -> None:
    text = "void f() {\n  /* a\n   * b\n     */\n  x();\n      /* c\n         d */\n}\n"
    assert formatted(text) == "void f() {\n    /* a\n     * b\n     */\n    x();\n    /* c\n       d */\n}\n"


def test_long_lines_break_at_the_outermost_operator() -> None:
    part = "a_long_name(with_an_argument, another_argument)"
    assert formatted(f"invariant x: {part} && {part} || {part};") == (
        f"invariant x: {part} && {part} ||\n        {part};\n"
    )


def test_long_enums_break_inside_their_braces() -> None:
    names = [f"CONSTANT_NUMBER_{n}" for n in range(10)]
    result = formatted(f"enum e {{ {', '.join(names)} }};").splitlines()
    assert (result[0], result[-1]) == ("enum e {", "};")
    assert " ".join(line.strip() for line in result[1:-1]) == ", ".join(names)
    assert max(map(len, result)) <= WIDTH


def test_a_generated_tree_can_be_printed() -> None:
    """Braces appear where an `else` would go to the wrong `if`."""
    from defercheck.grammar import tree as t

    from tests.grammar.compare import statement
    from tests.grammar.trees import AT, SOURCE

    a, x, y = t.NameExpr("a", AT), *(statement(f"{name}();") for name in "xy")
    outer = t.If(a, t.If(a, x, None, AT), y, AT)
    spec = t.SpecFile(SOURCE, (t.ModuleDecl(t.Block((outer,), AT), None, AT),), ())
    (module,) = parse(format(spec)).items
    (found,) = module.init.statements  # type: ignore[union-attr]
    assert found.otherwise is not None and found.then.statements[0].otherwise is None
