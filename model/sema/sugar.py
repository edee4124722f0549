"""What C writes with the result of a constructor, said with the object as argument, as the kernel model takes it.

``my_wq = create_workqueue("my_wq");`` means ``create_workqueue(my_wq);``: objects have no addresses here, so there is
nothing to assign, and the name is for humans. Every node keeps the span of the text that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.actions import with_actions
from defercheck.sema.constants import ALIASES, suggest
from defercheck.sema.data import with_data
from defercheck.sema.defines import with_constants
from defercheck.sema.kthreads import CREATING, with_threads
from defercheck.sema.lines import with_lines
from defercheck.sema.onstack import with_declarations
from defercheck.sema.pointers import Pointers
from defercheck.sema.queues import as_objects, by_pointer, is_null
from defercheck.sema.untyped import with_types
from defercheck.sema.walk import bare, rebuilt, walk

CONSTRUCTORS = {
    "create_workqueue": "workqueue", "create_singlethread_workqueue": "workqueue", "alloc_workqueue": "workqueue",
    "alloc_ordered_workqueue": "workqueue", "kmalloc": "struct", "kzalloc": "struct",
    "devm_kmalloc": "struct", "devm_kzalloc": "struct",
}  # fmt: skip
"""Calls that return a new object in C, and take it as their first argument here; what kind of object."""

FLAGS = {"request_irq": 1, "request_threaded_irq": 1, "devm_request_irq": 2, "devm_request_threaded_irq": 2}
"""Calls whose flags, the last argument, may be left out, with the number of the others: `request_irq(&nic);` means
`request_irq(&nic, 0);`."""


NAMING = {"module_init": "init_module", "module_exit": "cleanup_module"}
"""Macros that name the functions of a module, and the names that these have without them."""

SILENT = frozenset({
    "MODULE_LICENSE", "MODULE_AUTHOR", "MODULE_DESCRIPTION", "MODULE_VERSION", "MODULE_ALIAS", "EXPORT_SYMBOL",
    "EXPORT_SYMBOL_GPL",
})  # fmt: skip
"""Macros that say nothing about what the code does."""

SOME = {
    "kmalloc": "kmalloc_some", "kzalloc": "kzalloc_some",
    "devm_kmalloc": "devm_kmalloc_some", "devm_kzalloc": "devm_kzalloc_some",
}  # fmt: skip
"""Allocations that a pointer is assigned."""

FROM = frozenset({"from_tasklet", "from_timer", "timer_container_of", "from_work"})
"""``container_of`` with a variable in place of the type."""

WARNING = frozenset({"WARN_ON", "WARN_ON_ONCE", "BUG_ON", "VM_BUG_ON"})
"""Claims that a condition is false; the first two are also its value."""

AROUND = frozenset({"ATOMIC_INIT", "ATOMIC64_INIT", "ATOMIC_LONG_INIT", "REFCOUNT_INIT", "likely", "unlikely"})
"""Macros that are their argument: around the initial value of an atomic variable, and what a compiler may expect."""

_SPIN = (
    "lock", "unlock", "lock_bh", "unlock_bh", "lock_irq", "unlock_irq", "lock_irqsave", "unlock_irqrestore",
    "lock_init", "trylock", "trylock_bh", "trylock_irq", "trylock_irqsave", "is_locked",
)  # fmt: skip
SAME = {f"raw_spin_{how}": f"spin_{how}" for how in _SPIN} | {
    "DEFINE_RAW_SPINLOCK": "DEFINE_SPINLOCK", "DECLARE_DEFERRABLE_WORK": "DECLARE_DELAYED_WORK",
    "INIT_DEFERRABLE_WORK": "INIT_DELAYED_WORK", "fsleep": "msleep", "kfree_sensitive": "kfree", "kzfree": "kfree",
    "system_dfl_wq": "system_unbound_wq", "system_percpu_wq": "system_wq",
}  # fmt: skip
"""Names that differ from others in what is not modelled, or in nothing."""

NESTED = frozenset({"mutex_lock", "mutex_lock_interruptible", "spin_lock", "spin_lock_bh", "spin_lock_irqsave",
                    "down_read", "down_write"})  # fmt: skip
"""Calls with a twin for lockdep, `mutex_lock_nested(&m, SINGLE_DEPTH_NESTING)`, whose last argument is its alone."""

PLAIN = {
    "rcu_dereference": "READ_ONCE", "rtnl_dereference": "READ_ONCE", "rcu_dereference_bh": "READ_ONCE",
    "rcu_dereference_raw": "READ_ONCE", "rcu_access_pointer": "READ_ONCE", "rcu_dereference_protected": "READ_ONCE",
    "rcu_dereference_check": "READ_ONCE", "smp_load_acquire": "READ_ONCE", "rcu_assign_pointer": "WRITE_ONCE",
    "RCU_INIT_POINTER": "WRITE_ONCE", "smp_store_release": "WRITE_ONCE",
}  # fmt: skip
"""Accesses that differ from another one only in the order of memory operations, or by a condition for lockdep."""


def desugar(spec: tree.SpecFile, kernel: frozenset[str] = frozenset()) -> tree.SpecFile:
    """The spec in terms of what the kernel model, with types of these names, declares. What does not change stays."""
    spec = with_actions(
        with_lines(with_threads(with_data(with_types(with_declarations(_with_pointers(with_constants(spec))), kernel))))
    )
    pointed = by_pointer(spec)
    spec = as_objects(_with_module(spec))
    structs = {i.name.text: tuple(n.text for n in i.instances) for i in spec.items if isinstance(i, tree.StructDecl)}
    rewriter = _Rewriter(_objects(spec), _queues(spec), structs, Pointers(spec, frozenset(structs)), pointed)
    items = rewriter.rewritten(spec.items)
    found = spec if items is spec.items else replace(spec, items=items)
    return replace(found, items=tuple(map(rewriter.allocated, found.items))) if rewriter.made else found


def _with_pointers(spec: tree.SpecFile) -> tree.SpecFile:
    """The spec with pointers that are declared behind their struct, `struct s { ... } *p;`, declared below it."""
    pointers = [
        tree.VarDecl(tree.NamedType(i.name.text, p.span, "struct"), (tree.Declarator(p, p.span, stars=1),), p.span)
        for i in spec.items
        if isinstance(i, tree.StructDecl)
        for p in i.pointers
    ]
    return replace(spec, items=(*spec.items, *pointers)) if pointers else spec


def _with_module(spec: tree.SpecFile) -> tree.SpecFile:
    """A spec with `init_module` and `cleanup_module`, the names by which the kernel finds them, or with
    `module_init(f);` and `module_exit(f);`, and without `module` means the module of these."""
    named = {i.name.text: i for i in spec.items if isinstance(i, tree.MacroUse) and i.name.text in NAMING}
    own = {i.name.text: i for i in spec.items if isinstance(i, tree.FunctionDecl)}
    for macro in named.values():
        _names_function(macro, own)
    kept = tuple(i for i in spec.items if not (isinstance(i, tree.MacroUse) and i.name.text in (*NAMING, *SILENT)))
    spec = spec if len(kept) == len(spec.items) else replace(spec, items=kept)
    entered, left = (
        own.get(named[macro].arguments[0].span.text if macro in named else name) for macro, name in NAMING.items()
    )
    first = entered or left
    if first is None or any(isinstance(i, tree.ModuleDecl) for i in spec.items):
        return spec
    module = tree.ModuleDecl(_calling(entered), _calling(left), first.name.span)
    return replace(spec, items=(*spec.items, module))


def _names_function(macro: tree.MacroUse, own: dict[str, tree.FunctionDecl]) -> None:
    """``SpecError`` when ``module_init(f);`` does not name a function of the spec."""
    given = macro.arguments[0] if len(macro.arguments) == 1 else None
    if not isinstance(given, tree.NameExpr) or given.name not in own:
        place = given.span if given is not None else macro.span
        help = suggest(given.span.text, own) if given is not None else ""
        raise SpecError(Diagnostic(f"`{macro.name}` takes a function of this spec", place, "there is none here", help))


def _calling(f: tree.FunctionDecl | None) -> tree.Block | None:
    """A body that calls a function and returns what it returns."""
    if f is None:
        return None
    at = f.name.span
    call = tree.CallExpr(tree.NameExpr(f.name.text, at), (), at)
    void = isinstance(f.result, tree.NamedType) and f.result.name == "void"
    return tree.Block((tree.ExprStatement(call, at) if void else tree.Return(call, at),), at)


def _objects(spec: tree.SpecFile) -> dict[str, str]:
    """The objects of a spec that a call can construct: ``workqueue`` or ``struct``."""
    found: dict[str, str] = {}
    for item in spec.items:
        match item:
            case tree.StructDecl():
                found |= {name.text: "struct" for name in item.instances}
            case tree.VarDecl(type=tree.NamedType() as type) if ALIASES.get(type.name, type.name) == "workqueue":
                found |= {d.name.text: "workqueue" for d in item.declarators}
    return found


def _queues(spec: tree.SpecFile) -> frozenset[str]:
    """The names of all members that are work queues."""
    members = (m for i in spec.items if isinstance(i, tree.StructDecl) for m in i.members)
    return frozenset(
        d.name.text
        for m in members
        if isinstance(m.type, tree.NamedType) and ALIASES.get(m.type.name, m.type.name) == "workqueue"
        for d in m.declarators
    )


class _Rewriter:
    def __init__(
        self,
        objects: dict[str, str],
        queues: frozenset[str],
        structs: dict[str, tuple[str, ...]],
        pointers: Pointers,
        pointed: frozenset[str],
    ):
        self.objects = objects
        self.queues = queues
        self.structs = structs
        self.pointers = pointers
        self.pointed = pointed
        functions = {f.name.text for f in pointers.spec.items if isinstance(f, tree.FunctionDecl)}
        self.taken = pointers.names | functions | set(_locals(pointers.spec))  # `struct nic *nic = container_of(...);`
        self.made: dict[str, list[tree.Name]] = {}
        """Instances that the spec does not name, of structs whose instances it does not name at all."""

    def rewritten(self, node: Any) -> Any:
        """A node with everything in it rewritten; the same node where there is nothing to do."""
        if isinstance(node, tree.FunctionDecl | tree.ContextDecl | tree.StartDecl | tree.ModuleDecl):
            self.pointers.enter(node)
        return self.replaced(rebuilt(node, self.rewritten))

    def replaced(self, node: Any) -> Any:
        """A call without its strings, an assignment of a constructor's result as the call that it stands for."""
        match node:
            case tree.CallExpr(callee=tree.NameExpr(name=name), arguments=(start,)) if name in AROUND:
                return start
            case tree.MacroUse(name=tree.Name(text="DEFINE_SEMAPHORE"), arguments=(name, tree.IntLiteral(value=1))):
                return replace(node, arguments=(name,))
            case tree.CallExpr(callee=tree.NameExpr(name="BIT"), arguments=(number,)):
                return tree.Binary("<<", tree.IntLiteral(1, node.span), number, node.span)
            case tree.CallExpr(callee=tree.NameExpr(name="dev_err_probe"), arguments=(_, error, *_)):
                return error
            case tree.ExprStatement(expr=tree.CallExpr(callee=tree.NameExpr(name=name), arguments=(wrong,))) if (
                name in WARNING
            ):
                return tree.Assert(tree.Unary("!", wrong, wrong.span), f"{name}: {wrong.span.text}", node.span)
            case tree.If(condition=tree.CallExpr(callee=tree.NameExpr(name=name), arguments=(wrong,))) if (
                name in WARNING
            ):
                claim = tree.Assert(tree.Unary("!", wrong, wrong.span), f"{name}: {wrong.span.text}", wrong.span)
                return tree.Block((claim, replace(node, condition=wrong)), node.span)
            case tree.NameExpr(name=name) if name in SAME:
                return replace(node, name=SAME[name])
            case tree.MacroUse(name=tree.Name(text=name)) if name in SAME:
                return self.replaced(replace(node, name=replace(node.name, text=SAME[name])))
            case tree.CallExpr(callee=tree.NameExpr(name=name), arguments=(*given, _)) if (
                name.endswith("_nested") and name.removesuffix("_nested") in NESTED
            ):
                callee = tree.NameExpr(name.removesuffix("_nested"), node.callee.span)
                return replace(node, callee=callee, arguments=tuple(given))
            case tree.CallExpr(callee=tree.NameExpr(name=name)) if name in PLAIN:
                kept = node.arguments[: 1 if PLAIN[name] == "READ_ONCE" else 2]
                return replace(node, callee=tree.NameExpr(PLAIN[name], node.callee.span), arguments=kept)
            case tree.CallExpr(callee=tree.NameExpr(name=name) as made, arguments=(thread, *_, _)) if name in CREATING:
                # without the data and the name
                return replace(node, callee=replace(made, name=CREATING[name]), arguments=(thread,))
            case tree.ExprStatement(expr=tree.CallExpr(callee=tree.NameExpr("DEFINE_WAIT"), arguments=(wait,))):
                if not isinstance(wait, tree.NameExpr):
                    return node
                own = tree.Declarator(tree.Name(wait.name, wait.span), wait.span)
                return tree.VarDecl(tree.NamedType("unsigned long", wait.span), (own,), node.span)
            case tree.CallExpr(callee=tree.NameExpr("kfree_rcu"), arguments=(o, tree.NameExpr() as member)):
                head = tree.Field(bare(o), tree.Name(member.name, member.span), member.span)
                return replace(node, arguments=(o, head))
            case tree.CallExpr(callee=tree.NameExpr(name=name)) if name in CONSTRUCTORS:
                for a in node.arguments:
                    if isinstance(a, tree.SizeOf):
                        self.pointers.known(a)
                kept = tuple(a for a in node.arguments if not isinstance(a, tree.StringLiteral | tree.SizeOf))
                return replace(node, arguments=kept) if len(kept) < len(node.arguments) else node
            case tree.CallExpr(callee=tree.NameExpr(name=name)) if FLAGS.get(name) == len(node.arguments):
                return replace(node, arguments=(*node.arguments, tree.IntLiteral(0, node.span)))
            case tree.Assign(target=tree.Field(base=base, name=tree.Name(text="function")), op="=", value=value):
                # `timer.function = expired;`
                call = tree.CallExpr(tree.NameExpr("set_timer_function", node.target.span), (base, value), node.span)
                return tree.ExprStatement(call, node.span)
            case tree.Assign(target=tree.Field(name=tree.Name(text="expires"))) if "expires" not in self.pointers.own:
                return tree.Block((), node.span)  # `timer.expires = jiffies + HZ;`: time is not measured
            case tree.Assign() if is_null(node, self.pointed):
                return tree.Block((), node.span)
            case tree.Assign(target=tree.NameExpr() as target, op="=", value=tree.CallExpr() as call):
                kind = CONSTRUCTORS.get(call.callee.name) if isinstance(call.callee, tree.NameExpr) else None
                if kind is None or self.objects.get(target.name) != kind:
                    return self.assigned(node)
                # `my_data = kmalloc(my_data, GFP_KERNEL);` says it twice
                again = [a for a in call.arguments[:1] if isinstance(a, tree.NameExpr) and a.name == target.name]
                arguments = call.arguments if again else (target, *call.arguments)
                return tree.ExprStatement(replace(call, arguments=arguments), node.span)
            case tree.Assign(target=tree.Field() as target, op="=", value=tree.CallExpr() as call):
                creates = isinstance(call.callee, tree.NameExpr) and CONSTRUCTORS.get(call.callee.name) == "workqueue"
                if creates and target.name.text in self.queues:  # `dev->wq = alloc_workqueue(...);`
                    return tree.ExprStatement(replace(call, arguments=(target, *call.arguments)), node.span)
                return self.assigned(node)
            case tree.Assign(op="=", value=tree.CallExpr()):
                return self.assigned(node)
            case tree.VarDecl(type=tree.NamedType(name=name)):
                declarators = tuple(
                    replace(d, initial=self.some(d.initial, name)) if d.stars == 1 and d.initial is not None else d
                    for d in node.declarators
                )
                same = all(a.initial is b.initial for a, b in zip(declarators, node.declarators, strict=True))
                return node if same else replace(node, declarators=declarators)
            case tree.CallExpr(callee=tree.NameExpr(name=name) as callee, arguments=(var, pointer, member)) if (
                name in FROM
            ):
                struct = self.pointers.struct(var)
                if struct:
                    type = tree.TypeArgument(tree.NamedType(struct, var.span, "struct"), var.span)
                    of = replace(callee, name="container_of")
                    return replace(node, callee=of, arguments=(pointer, type, member))
            case tree.CallExpr(
                callee=tree.NameExpr("container_of"),
                arguments=(pointer, tree.CallExpr(callee=tree.NameExpr("typeof"), arguments=(of,)), member),
            ):
                struct = self.pointers.struct(bare(of))
                if struct:
                    type = tree.TypeArgument(tree.NamedType(struct, of.span, "struct"), of.span)
                    return replace(node, arguments=(pointer, type, member))
            case tree.CallExpr(callee=tree.NameExpr(name="to_delayed_work") as callee, arguments=(pointer,)):
                type = tree.TypeArgument(tree.NamedType("delayed_work", node.span, "struct"), node.span)
                member = tree.NameExpr("work", node.span)
                return replace(node, callee=replace(callee, name="container_of"), arguments=(pointer, type, member))
        return node

    def assigned(self, node: tree.Assign) -> tree.Assign:
        """``p = kmalloc(sizeof(*p), GFP_KERNEL);``: a pointer gets some instance of its struct."""
        struct = self.pointers.struct(node.target)
        value = self.some(node.value, struct) if struct else node.value
        return node if value is node.value else replace(node, value=value)

    def some(self, e: tree.Expr, struct: str) -> tree.Expr:
        """An allocation for a pointer: any instance of the struct will do."""
        if not isinstance(e, tree.CallExpr) or not isinstance(e.callee, tree.NameExpr) or e.callee.name not in SOME:
            return e
        given = e.arguments[0] if e.arguments else None
        if struct not in self.structs or (isinstance(given, tree.NameExpr) and given.name in self.objects):
            return e
        if not self.structs[struct]:
            made = self.made.setdefault(struct, [])
            name = next(n for n in _numbered(struct) if n not in self.taken and n not in {m.text for m in made})
            made.append(tree.Name(name, e.span))
        first = self.made[struct][0].text if struct in self.made else self.structs[struct][0]
        like = tree.NameExpr(first, e.callee.span)
        return replace(e, callee=replace(e.callee, name=SOME[e.callee.name]), arguments=(like, *e.arguments))

    def allocated(self, item: tree.Item) -> tree.Item:
        """A struct of which the spec names no instance, with one for each allocation in the text."""
        if not isinstance(item, tree.StructDecl) or item.name.text not in self.made:
            return item
        return replace(item, instances=tuple(self.made[item.name.text]))


def _locals(spec: tree.SpecFile) -> Iterator[str]:
    bodies = tuple(i for i in spec.items if not isinstance(i, tree.StructDecl))
    for n in walk(bodies):
        if isinstance(n, tree.VarDecl):
            yield from (d.name.text for d in n.declarators)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{n}" for n in count(1))


__all__ = ["CONSTRUCTORS", "FLAGS", "desugar"]
