"""What a spec says about itself: versions, CPUs, expectations; once each, and nothing of the kernel model's own."""

from __future__ import annotations

from collections.abc import Iterable

from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.sema.complaints import Complaints
from defercheck.sema.constants import ALIASES
from defercheck.sema.scope import Scope
from defercheck.sema.signatures import belongs
from defercheck.sema.walk import walk
from defercheck.sema.words import HERE, PUBLIC, QUIET, RESERVED_TYPES

MOST_TIMES = 1 << 16
HIGHEST = 99


def check_settings(items: tuple[tree.Item, ...], complaints: Complaints) -> None:
    """Complain about what a spec's items say twice, or what only the kernel model may say."""
    seen: dict[tuple[str, str], Span] = {}
    local = {
        n.type.name
        for n in walk(tuple(i for i in items if not isinstance(i, tree.VarDecl | tree.StructDecl)))
        if isinstance(n, tree.VarDecl) and isinstance(n.type, tree.NamedType)
    }
    static = (i for i in items if isinstance(i, tree.VarDecl) and not all(d.stars for d in i.declarators))
    local |= {i.type.name for i in static if isinstance(i.type, tree.NamedType)}
    for item in items:
        for key, what, span in _single(item):
            first = seen.setdefault(key, span)
            if first is not span:
                complaints.add(f"{what} twice", span, "", _merge(item), (("first here", first),))
        _kernel_only(item, complaints)
        if isinstance(item, tree.StructDecl):
            _struct(item, local, complaints)
        if isinstance(item, tree.ContextDecl):
            _times(item, complaints)
            if item.priority is not None and not 1 <= item.priority.value <= HIGHEST:
                help = f"1 to {HIGHEST}, as in SCHED_FIFO; threads without one give way to all that have one"
                complaints.add(f"there is no priority {item.priority.value}", item.priority.span, "", help)


def _single(item: tree.Item) -> Iterable[tuple[tuple[str, str], str, Span]]:
    """What an item says that can be said only once: a key, how messages call it, where."""
    match item:
        case tree.KernelDecl():
            yield ("kernel", ""), "`kernel` is given", item.span
            for v in item.versions:
                yield ("version", v.value), f'kernel "{v.value}" is given', v.span
        case tree.CpusDecl():
            yield ("cpus", ""), "`cpus` is given", item.span
        case tree.OptionDecl():
            yield ("option", item.name.text), f"option `{item.name}` is given", item.span
        case tree.ModuleDecl():
            yield ("module", ""), "`module` is declared", _word(item.span, "module")
        case tree.StartDecl():
            yield ("start", ""), "`start` is declared", _word(item.span, "start")
        case tree.AllowDecl():
            yield ("allow", item.code.text), f"{item.code} is allowed", item.code.span
        case tree.ExpectDecl():
            if not item.versions:
                yield ("expect", item.code.text), f"{item.code} is expected", item.code.span
            for v in item.versions:
                on = f' on "{v.value}"'
                yield ("expect", item.code.text + on), f"{item.code} is expected{on}", v.span
        case tree.PropertyDecl(name=tree.Name() as name):
            yield ("property", name.text), f"a property `{name}` is declared", name.span


def _merge(item: tree.Item) -> str:
    if isinstance(item, tree.KernelDecl):
        return 'write one line: `kernel "2.6.20", "6.1";`'
    return "rename one of them" if isinstance(item, tree.PropertyDecl) else "remove one of them"


def _kernel_only(item: tree.Item, complaints: Complaints) -> None:
    match item:
        case tree.VersionDecl():
            help = 'a spec names its kernel: `kernel "6.1";`'
            complaints.take(belongs("`version`", _word(item.span, "version"), help))
        case tree.TypeDecl():
            complaints.take(belongs("`type`", _word(item.span, "type"), f"write `struct {item.name} {{ ... }} name;`"))
        case tree.SituationDecl() | tree.LegalDecl():
            word = "situation" if isinstance(item, tree.SituationDecl) else "legal"
            complaints.take(belongs(f"`{word}`", _word(item.span, word)))
        case tree.DefineDecl():
            complaints.take(belongs("`define`", _word(item.span, "define"), "write a function"))
        case tree.PropertyDecl(kind="lemma"):
            complaints.take(belongs("`lemma`", _word(item.span, "lemma"), "write `invariant`"))
        case tree.VarDecl(storage=storage) if storage not in ("", "param"):
            complaints.take(belongs(f"`{storage}`", _word(item.span, storage), "declare a plain variable"))
        case tree.ContextDecl(kind="thread", each_cpu=True):
            help = "declare one thread for each CPU: `thread a on cpu 0 { ... }`"
            complaints.take(belongs("`on each cpu`", item.name.span, help))
        case tree.EnumDecl(name=tree.Name() as name):
            _free_type(name, complaints)
        case tree.FunctionDecl() if item.name.text in PUBLIC or item.name.text in QUIET:
            complaints.take(_taken(item.name))
    for name in _value_names(item):
        if name.text in HERE or (name.text in ("module", "start") and isinstance(item, tree.ContextDecl)):
            complaints.take(_taken(name))


def _value_names(item: tree.Item) -> Iterable[tree.Name]:
    match item:
        case tree.VarDecl():
            return [d.name for d in item.declarators]
        case tree.EnumDecl():
            return item.constants
        case tree.StructDecl():
            return item.instances
        case tree.FunctionDecl():
            return [item.name]
        case tree.ContextDecl():
            return item.names
    return []


def _taken(name: tree.Name):  # type: ignore[no-untyped-def]
    return belongs(f"the name `{name}`", name.span, "choose another name")


def _free_type(name: tree.Name, complaints: Complaints) -> None:
    if name.text in ALIASES or name.text in RESERVED_TYPES:
        meant = f"the kernel's {ALIASES[name.text]}" if name.text in ALIASES else "a word of the kernel model"
        complaints.add(f"`{name}` cannot be declared", name.span, meant, "choose another name")


def _struct(item: tree.StructDecl, local: set[str], complaints: Complaints) -> None:
    _free_type(item.name, complaints)
    if not item.instances and item.name.text not in local:
        help = f"name its object: `struct {item.name} {{ ... }} my_{item.name};`"
        complaints.add(f"struct {item.name} has no instance", item.name.span, "nothing of this type exists", help)
    for name in item.instances:
        if name.text in ("pc", "cpu"):  # prefixes of the variables that the compiler makes
            complaints.take(_taken(name))


def _times(item: tree.ContextDecl, complaints: Complaints) -> None:
    name = item.name
    if item.times is None:
        return
    if item.times.value == 0:
        complaints.add(f"irq `{name}` never fires", item.times.span, "0 times", "leave the irq out, or let it fire")
    elif item.times.value > MOST_TIMES:
        help = f"at most {MOST_TIMES}; without `times` it may fire without bound"
        complaints.add(f"{item.times.value} times are too many to count", item.times.span, "", help)


def _word(span: Span, word: str) -> Span:
    """The keyword that an item begins with."""
    n = len(word)
    return Span(span.source, span.start, span.start + n, span.line, span.column, span.line, span.column + n)


__all__ = ["Scope", "check_settings"]
