"""Functions that the kernel calls through a pointer: nothing is known of what it passes."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.sema.complaints import Complaints
from defercheck.sema.program import Program
from defercheck.sema.signatures import Types
from defercheck.sema.types import Object, Opaque
from defercheck.sema.walk import walk


def check_handlers(program: Program, types: Types, complaints: Complaints) -> None:
    """Complain about handlers with several parameters, or that use one as if it were the object."""
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
        use = next((n for n in walk(f.body) if isinstance(n, tree.NameExpr) and n.name == p.name.text), None)
        if use is None or p.out:
            if p.out:
                text = f"`{name}` is a handler and has an `out` parameter"
                complaints.add(text, p.span, "the kernel passes no variable")
            continue
        owners = [i.name for i in program.instances.values() if i.handler == name and i.type == _name(type)]
        meant = f": `{owners[0]}`" if len(owners) == 1 else ", as it is declared"
        help = f"name the object itself{meant}" if isinstance(type, Object) else "look at a variable instead"
        text = f"`{p.name}` has no value in a handler"
        label = "the model does not follow what the kernel passes"
        complaints.add(text, use.span, label, help, (("the handler's parameter", p.span),))


def _name(type: object) -> str:
    return type.name if isinstance(type, Object) else ""
