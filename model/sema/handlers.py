"""Functions that the kernel calls through a pointer: it passes the object that they were set for, and nothing else."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.sema.complaints import Complaints
from defercheck.sema.names import Names
from defercheck.sema.program import Program
from defercheck.sema.signatures import Types
from defercheck.sema.types import Object, Opaque
from defercheck.sema.walk import walk


def check_handlers(program: Program, types: Types, names: Names, complaints: Complaints) -> None:
    """Complain about handlers with several parameters, or one that is not what the kernel passes."""
    for name in program.handlers:
        f = program.functions[name][0]
        if f.name.span.source.kernel or not f.parameters:
            continue
        if len(f.parameters) > 1:
            help = "at most one, as in `void f(unsigned long data)` or `void f(struct tasklet_struct *t)`"
            text = f"`{name}` is a handler and has {len(f.parameters)} parameters"
            complaints.add(text, f.parameters[1].span, "the kernel passes one", help)
            continue
        p = f.parameters[0]
        type = types.parameter(p.type)
        if type is None or isinstance(type, Opaque):
            continue
        if p.out:
            complaints.add(f"`{name}` is a handler and has an `out` parameter", p.span, "the kernel passes no variable")
            continue
        for i in program.instances.values():
            if i.handler == name and isinstance(type, Object) and not _inside(i.name, name, program):
                names.handles(name, i.type, i.span)
        passed = isinstance(type, Object) and not program.types[type.name].struct
        use = next((n for n in walk(f.body) if isinstance(n, tree.NameExpr) and n.name == p.name.text), None)
        if use is None or passed:
            continue
        owners = [i.name for i in program.instances.values() if i.handler == name]
        help = "look at a variable instead"
        if isinstance(type, Object):
            what = f" such as `{owners[0]}`" if owners else ""
            help = f"take the object that the handler belongs to{what}, and ask `container_of` for the struct around it"
        text = f"`{p.name}` has no value in a handler"
        label = "the model does not follow what the kernel passes"
        complaints.add(text, use.span, label, help, (("the handler's parameter", p.span),))


def _inside(instance: str, handler: str, program: Program) -> bool:
    """Whether an object lies in another that has the same handler, which is spoken of instead."""
    outer = instance.rpartition(".")[0]
    return outer in program.instances and program.instances[outer].handler == handler
