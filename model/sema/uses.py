"""What a spec's bodies use, as far as its declarations depend on it."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.sema.constants import ALIASES
from defercheck.sema.program import Instance, ObjectType
from defercheck.sema.types import Object
from defercheck.sema.walk import bare, walk

_COUNTERS = frozenset({"runs", "requeues"})
"""Observers that count."""


def ghost_limit(spec: tree.SpecFile) -> int:
    """How far the model counts how often something ran: beyond every number that a spec compares it with."""
    nodes = list(walk(spec.items))
    if not any(isinstance(n, tree.CallExpr) and _callee(n) in _COUNTERS for n in nodes):
        return 1
    return 1 + max([n.value for n in nodes if isinstance(n, tree.IntLiteral) and n.value <= 1000], default=1)


_BITS = frozenset({
    "test_bit", "set_bit", "clear_bit", "change_bit", "test_and_set_bit", "test_and_clear_bit", "test_and_change_bit",
    "__set_bit", "__clear_bit", "clear_bit_unlock", "test_and_set_bit_lock",
})  # fmt: skip


def words_of_bits(spec: tree.SpecFile) -> frozenset[str]:
    """The names of the variables and members whose bits a spec asks for by number."""
    calls = (n for n in walk(spec.items) if isinstance(n, tree.CallExpr) and _callee(n) in _BITS)
    words = (bare(c.arguments[1]) for c in calls if len(c.arguments) == 2)
    return frozenset(
        w.name if isinstance(w, tree.NameExpr) else w.name.text
        for w in words
        if isinstance(w, tree.NameExpr | tree.Field)
    )


_REQUESTS = frozenset({"request_irq", "request_threaded_irq", "devm_request_irq", "devm_request_threaded_irq"})


def requests(spec: tree.SpecFile, line: str) -> bool:
    """Whether a spec requests an interrupt line itself."""
    calls = (n for n in walk(spec.items) if isinstance(n, tree.CallExpr))
    return any(_callee(c) in _REQUESTS and line in _names_given(c) for c in calls)


def handlers(
    spec: tree.SpecFile, functions: dict[str, tuple[tree.FunctionDecl, ...]], instances: dict[str, Instance]
) -> tuple[str, ...]:
    """Every function that a declaration binds, or whose name is used as a value."""
    names: dict[str, None] = {i.handler: None for i in instances.values() if i.handler}
    own = {f for f, decls in functions.items() if not decls[0].span.source.kernel and f not in instances}
    called: set[int] = set()
    for node in walk(spec.items):
        if isinstance(node, tree.CallExpr):
            called.add(id(node.callee))
        elif isinstance(node, tree.NameExpr) and id(node) not in called and node.name in own:
            names[node.name] = None
    return tuple(names)


def handled(
    spec: tree.SpecFile,
    functions: dict[str, tuple[tree.FunctionDecl, ...]],
    types: dict[str, ObjectType],
    instances: dict[str, Instance],
) -> dict[str, frozenset[str]]:
    """For each handler the types of the objects that may call it: those whose declarations bind it, or to whose
    initialising call it is given, or else those that its parameter says. A function that is named elsewhere and takes
    none is not here: anything may call it."""
    found: dict[str, set[str]] = {}
    for i in instances.values():
        if i.handler:
            found.setdefault(i.handler, set()).add(i.type)
    own = {f for f, decls in functions.items() if not decls[0].span.source.kernel and f not in instances}
    given: set[int] = set()
    anywhere: set[str] = set()
    bodies = tuple(i for i in spec.items if isinstance(i, tree.FunctionDecl | tree.ContextDecl | tree.ModuleDecl))
    for node in walk(bodies):  # a call comes before its arguments
        if isinstance(node, tree.CallExpr):
            given.add(id(node.callee))
            type = _first_type(functions.get(_callee(node), ()))
            for a in node.arguments if type in types else ():
                if isinstance(a, tree.NameExpr) and a.name in own:
                    given.add(id(a))
                    inner = {m.type.name for m in types[type].members if isinstance(m.type, Object)}
                    found.setdefault(a.name, set()).update({type, *inner})
        elif isinstance(node, tree.NameExpr) and id(node) not in given and node.name in own:
            anywhere.add(node.name)
    taken = {name: _taken(functions[name], types) for name in own}
    return {name: by for name, by in taken.items() if by} | {
        name: frozenset(by) for name, by in found.items() if name not in anywhere
    }


def _taken(decls: tuple[tree.FunctionDecl, ...], types: dict[str, ObjectType]) -> frozenset[str]:
    """What a function is called for that takes an object of the kernel's: such objects, and what they are parts of."""
    type = decls[0].parameters[0].type if len(decls) == 1 and len(decls[0].parameters) == 1 else None
    name = ALIASES.get(type.name, type.name) if isinstance(type, tree.NamedType) else ""
    if name not in types or types[name].struct:
        return frozenset()
    return frozenset({name, *(t for t, of in types.items() if Object(name) in (m.type for m in of.members))})


def _first_type(overloads: tuple[tree.FunctionDecl, ...]) -> str:
    """The type of a kernel function's first parameter; empty where that is not one type."""
    if len(overloads) != 1 or not overloads[0].span.source.kernel or not overloads[0].parameters:
        return ""
    type = overloads[0].parameters[0].type
    return ALIASES.get(type.name, type.name) if isinstance(type, tree.NamedType) else ""


_UNBOUND = frozenset({
    "WQ_UNBOUND", "create_singlethread_workqueue", "alloc_ordered_workqueue", "system_unbound_wq",
})  # fmt: skip
_HIGHPRI = frozenset({"WQ_HIGHPRI", "system_highpri_wq"})
_BH = frozenset({"WQ_BH", "system_bh_wq", "system_bh_highpri_wq"})
_ON_SYSTEM_WQ = frozenset({
    "schedule_work", "schedule_work_on", "schedule_delayed_work", "schedule_delayed_work_on", "flush_scheduled_work",
})  # fmt: skip


def _names(spec: tree.SpecFile) -> set[str]:
    return {n.name for n in walk(spec.items) if isinstance(n, tree.NameExpr)}


def used_pools(spec: tree.SpecFile) -> dict[str, str]:
    """Which of the less usual worker pools and queues a spec can use at all; the others are left out of its model."""
    names = _names(spec)
    return {
        "unbound_wq": "used" if names & _UNBOUND else "unused",
        "highpri_wq": "used" if names & _HIGHPRI else "unused",
        "bh_wq": "used" if names & _BH else "unused",
        "intensive_wq": "used" if "WQ_CPU_INTENSIVE" in names else "unused",
    }


def mentions_soft_hrtimers(spec: tree.SpecFile) -> bool:
    """Whether a spec can have an hrtimer that expires in the softirq."""
    return any(name.startswith("HRTIMER_MODE_") and name.endswith("SOFT") for name in _names(spec))


def mentions(spec: tree.SpecFile, declared: tree.MacroUse) -> bool:
    """Whether a spec uses an object that the kernel model declares (`system_wq`, also through `schedule_work`)."""
    first = declared.arguments[0]
    assert isinstance(first, tree.NameExpr)
    names = _names(spec)
    if first.name == "failed_kthread":
        return bool(names & _CREATES) and any(
            i.name.text == "allocation" and i.value.text == "may_fail"
            for i in spec.items
            if isinstance(i, tree.OptionDecl)
        )
    return first.name in names or (first.name == "system_wq" and bool(names & _ON_SYSTEM_WQ))


_CREATES = frozenset({"kthread_run", "kthread_create"})
_OF_TASKS = _CREATES | {"kthread_stop", "wake_up_process", "get_task_struct", "put_task_struct"}
_BY_HAND = frozenset({"set_current_state", "__set_current_state", "prepare_to_wait"})
_WAKES_A_TASK = frozenset({"kthread_stop", "wake_up_process"})


def task(spec: tree.SpecFile, thread: str) -> str:
    """What a spec says of a thread: ``created`` by a call, ``named`` by one or given to a pointer, or nothing."""
    calls = [n for n in walk(spec.items) if isinstance(n, tree.CallExpr) and thread in _names_given(n)]
    if any(_callee(c) in _CREATES for c in calls):
        return "created"
    if any(_callee(c) in _OF_TASKS for c in calls):
        return "named"
    return "named" if any(_gives(n, thread) for n in walk(spec.items)) else ""


def _gives(node: object, name: str) -> bool:
    """Whether an assignment or a declaration gives a name to a pointer."""
    match node:
        case tree.Assign(value=tree.NameExpr() as value):
            return value.name == name
        case tree.Declarator(stars=1, initial=tree.NameExpr() as value):
            return value.name == name
    return False


def task_states(spec: tree.SpecFile) -> bool:
    """Whether the state of a task matters: the spec changes it itself, or wakes a task that may wait for an event."""
    names = _names(spec)
    waits = any(name.startswith("wait_event") for name in names)
    return bool(names & _BY_HAND) or (waits and bool(names & _WAKES_A_TASK))


def _callee(call: tree.CallExpr) -> str:
    return call.callee.name if isinstance(call.callee, tree.NameExpr) else ""


def _names_given(call: tree.CallExpr) -> set[str]:
    bare = [a.operand if isinstance(a, tree.Unary) else a for a in call.arguments]
    return {a.name for a in bare if isinstance(a, tree.NameExpr)}
