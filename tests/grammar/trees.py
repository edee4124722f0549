"""Random trees, for the round trip through the formatter and the parser."""

from __future__ import annotations

from defercheck.grammar import tree as t
from defercheck.grammar.operators import BINARY
from defercheck.grammar.span import Source, Span
from hypothesis import strategies as st

SOURCE = Source("<made>", "")
AT = Span(SOURCE, 0, 0, 1, 1, 1, 1)

# Words of the language that are free as identifiers stand among the names on purpose.
NAMES = st.sampled_from(
    ["a", "my_work", "x1", "_tmp", "version", "cpu", "on", "times", "each", "init", "exit", "kernel"]
) | (
    st.sampled_from(
        ["option", "check", "expect", "cover", "never", "type", "frame", "ghost", "or", "any", "allow", "cpus"]
    )
)
STRINGS = st.text(st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=("Cc", "Cs", "Zl", "Zp")))
names = NAMES.map(lambda text: t.Name(text, AT))
numbers = st.integers(0, 2**63 - 1).map(lambda value: t.IntLiteral(value, AT))
versions = st.sampled_from(["6.1", "2.6.20"]).map(lambda text: t.StringLiteral(text, AT))
codes = st.sampled_from(["DF101", "DF402"])

# The words before the name of a type must not read as a keyword: `frame x;` declares x in frame storage.
named_types = st.builds(
    lambda name, keyword: t.NamedType(name, AT, keyword),
    st.sampled_from(["tasklet_t", "work", "my_s"]),
    st.sampled_from(["", "struct", "enum"]),
)


def tuples(strategy: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def _deeper(inner: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(
        st.builds(lambda op, a: t.Unary(op, a, AT), st.sampled_from("!-~&"), inner),
        st.builds(lambda op, a, b: t.Binary(op, a, b, AT), st.sampled_from([*BINARY, "==>"]), inner, inner),
        st.builds(lambda a, b, c: t.Conditional(a, b, c, AT), inner, inner, inner),
        st.builds(lambda a, name, arrow: t.Field(a, name, AT, arrow), inner, names, st.booleans()),
        st.builds(lambda a, b: t.Index(a, b, AT), inner, inner),
        st.builds(lambda a, args: t.CallExpr(a, args, AT), inner.filter(_not_any), tuples(inner)),
        st.builds(lambda a, b: t.AnyExpr(a, b, AT), inner, inner),
    )


def _not_any(expr: t.Expr) -> bool:
    return not (isinstance(expr, t.NameExpr) and expr.name == "any")  # `any(...)` is the choice, not a call


leaves = st.one_of(
    numbers,
    st.booleans().map(lambda value: t.BoolLiteral(value, AT)),
    st.just(t.NullLiteral(AT)),
    STRINGS.map(lambda text: t.StringLiteral(text, AT)),
    NAMES.map(lambda name: t.NameExpr(name, AT)),
    st.just(t.AnyExpr(None, None, AT)),
)
exprs = st.recursive(leaves, _deeper, max_leaves=8)
places = st.one_of(
    NAMES.map(lambda name: t.NameExpr(name, AT)),
    st.builds(lambda a, name, arrow: t.Field(t.NameExpr(a, AT), name, AT, arrow), NAMES, names, st.booleans()),
    st.builds(lambda a, b: t.Index(t.NameExpr(a, AT), b, AT), NAMES, exprs),
)
calls = st.builds(lambda a, args: t.CallExpr(a, args, AT), places.filter(_not_any), tuples(exprs))
types = st.one_of(
    st.sampled_from(["bool", "int", "unsigned long", "long", "unsigned int"]).map(lambda name: t.NamedType(name, AT)),
    named_types,
    st.builds(lambda lo, hi: t.IntType(lo, hi, AT), exprs, exprs),
    named_types.map(lambda element: t.ListType(element, AT)),
)
declarators = st.one_of(
    st.builds(lambda name, initial: t.Declarator(name, AT, initial=initial), names, st.none() | exprs),
    st.builds(lambda name, n, value: t.Declarator(name, AT, length=n, initial=value), names, exprs, st.none() | exprs),
    st.builds(lambda name, args: t.Declarator(name, AT, arguments=args), names, tuples(exprs, 1)),
)
var_decls = st.builds(
    lambda type, names, storage: t.VarDecl(type, names, AT, storage),
    types,
    tuples(declarators, 1, 2),
    st.sampled_from(["", "", "percpu", "frame", "ghost"]),
)
assigns = st.builds(
    lambda a, op, b: t.Assign(a, op, b, AT), places, st.sampled_from(["=", "+=", "-=", "|=", "&=", "^="]), exprs
)
steps = st.builds(lambda a, op: t.IncDec(a, op, AT), places, st.sampled_from(["++", "--"]))
call_statements = calls.map(lambda call: t.ExprStatement(call, AT))
simple_statements = st.one_of(
    var_decls,
    assigns,
    steps,
    call_statements,
    st.just(t.Break(AT)),
    st.just(t.Continue(AT)),
    st.just(t.Empty(AT)),
    (st.none() | exprs).map(lambda value: t.Return(value, AT)),
    st.builds(lambda c, message: t.Assert(c, message, AT), exprs, STRINGS),
    st.builds(lambda c: t.Await(c, "", "", AT), exprs),
    st.builds(lambda c, code, message: t.Await(c, code, message, AT), exprs, codes, STRINGS),
    st.builds(lambda code, c, message: t.Check(t.Name(code, AT), c, message, AT), codes, exprs, STRINGS),
)


def _blocks(inner: st.SearchStrategy) -> st.SearchStrategy:
    return tuples(inner).map(lambda statements: t.Block(statements, AT))


def _nested(inner: st.SearchStrategy) -> st.SearchStrategy:
    blocks = _blocks(inner)
    # An `if` without `else` directly before an `else` would take it; braces keep them apart, so do they here.
    closed = st.one_of(blocks, simple_statements)
    branches = [
        st.builds(lambda c, a, b, kind=kind: kind(c, a, b, AT), exprs, *pair)
        for kind in (t.If, t.When)
        for pair in ((closed, inner), (inner, st.none()))
    ]
    return st.one_of(
        blocks,
        *branches,
        st.builds(lambda c, a: t.While(c, a, AT), exprs, inner),
        st.builds(lambda a, c: t.DoWhile(a, c, AT), inner, exprs),
        st.builds(
            lambda a, b, c, body: t.For(a, b, c, body, AT),
            st.none() | assigns | var_decls,
            st.none() | exprs,
            st.none() | assigns | steps | call_statements,
            inner,
        ),
        st.builds(lambda a, n, w, body: t.Foreach(a, n, w, body, AT), named_types, names, st.none() | places, inner),
        tuples(blocks, 2).map(lambda branches: t.Choose(branches, AT)),
        blocks.map(lambda body: t.Atomic(body, AT)),
    )


statements = st.recursive(simple_statements, _nested, max_leaves=6)
bodies = _blocks(statements)
parameters = tuples(st.builds(lambda a, name, out: t.Parameter(a, name, AT, out), types, names, st.booleans()))
item_names = st.sampled_from(["foo", "NET_RX", "bar_2"]).map(lambda text: t.Name(text, AT))
members = tuples(var_decls)
counts = st.none() | st.integers(0, 9).map(lambda value: t.IntLiteral(value, AT))
items = st.one_of(
    tuples(versions, 1).map(lambda v: t.KernelDecl(v, AT)),
    numbers.map(lambda n: t.CpusDecl(n, AT)),
    st.builds(lambda a, b: t.OptionDecl(a, b, AT), names, names),
    st.builds(lambda a: t.OptionDecl(t.Name("preempt", AT), a, AT), names),
    st.builds(lambda a, b: t.EnumDecl(a, b, AT), names, tuples(names, 1, 4)),
    tuples(names, 1, 4).map(lambda b: t.EnumDecl(None, b, AT)),
    st.builds(lambda a, m, i, p: t.StructDecl(a, m, i, AT, p), names, members, tuples(names), tuples(names, most=1)),
    st.builds(lambda a, m: t.TypeDecl(a, m, AT), names, members),
    var_decls,
    st.builds(
        lambda a, n, p, b: t.FunctionDecl(a, n, p, b, AT),
        types | st.just(t.NamedType("void", AT)),
        names,
        parameters,
        bodies,
    ),
    st.builds(lambda n, p, b: t.DefineDecl(n, p, b, AT), names, parameters, bodies),
    st.builds(lambda n, a: t.MacroUse(n, a, AT), item_names, tuples(exprs)),
    st.builds(
        lambda n, b, cpu, times: t.ContextDecl("irq", n, b, AT, cpu, False, times), item_names, bodies, counts, counts
    ),
    st.builds(
        lambda n, b, cpu, more, after, priority: t.ContextDecl(
            "thread", n, b, AT, cpu, more=more, after=after, priority=priority
        ),
        item_names,
        bodies,
        counts,
        tuples(names),
        tuples(names),
        counts,
    ),
    st.builds(lambda b, cpu: t.StartDecl(b, AT, cpu), bodies, counts),
    st.builds(lambda n, b: t.ContextDecl("thread", n, b, AT, None, True), item_names, bodies),
    st.builds(lambda k, n, b: t.ContextDecl(k, n, b, AT), st.sampled_from(["softirq", "tasklet"]), item_names, bodies),
    st.builds(lambda a, b: t.ModuleDecl(a, b, AT), st.none() | bodies, st.none() | bodies),
    st.builds(
        lambda k, n, e: t.PropertyDecl(k, n, e, AT),
        st.sampled_from(["invariant", "never", "cover", "lemma", "final"]),
        st.none() | names,
        exprs,
    ),
    st.builds(
        lambda n, of, o, e: t.PropertyDecl("lemma", n, e, AT, t.Parameter(t.NamedType(of.text, AT), o, AT)),
        names,
        names,
        names,
        exprs,
    ),
    st.builds(lambda c, v: t.ExpectDecl(t.Name(c, AT), v, AT), codes, tuples(versions)),
    st.builds(lambda c, s: t.AllowDecl(t.Name(c, AT), t.StringLiteral(s, AT), AT), codes, STRINGS),
    st.builds(lambda v, s: t.VersionDecl(v, s, AT), versions, tuples(st.tuples(names, names))),
)
specs = tuples(items, 0, 4).map(lambda many: t.SpecFile(SOURCE, many, ()))
