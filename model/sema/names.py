"""What a name stands for at a place, and what to say when it stands for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.sema.complaints import Complaints
from defercheck.sema.constants import ERRNO, NUMBERS, suggest
from defercheck.sema.program import Program
from defercheck.sema.scope import Scope
from defercheck.sema.signatures import Types
from defercheck.sema.since import key, missing
from defercheck.sema.typed import UNKNOWN, Array, Typed, article
from defercheck.sema.types import Bool, Condition, ContextRef, Enum, Function, Int, Number, Object, Ref, Type
from defercheck.sema.unmodelled import call_help, calls, value_help
from defercheck.sema.versions import known
from defercheck.sema.words import HERE, INTERNAL, MACHINE, PUBLIC, QUIET


class Names:
    """Looks names up for one program."""

    def __init__(self, program: Program, types: Types, complaints: Complaints):
        self.program = program
        self.types = types
        self.complaints = complaints
        self._missing: set[tuple[str, str]] = set()
        self.kernels = {name: type for name, type in kernel_objects(program)}
        self.threads = {c.name: c for c in program.contexts if c.kind == "thread"}

    # ---- values ----

    def value(self, e: tree.NameExpr, scope: Scope) -> Typed:
        """What a name stands for as a value; complains when it stands for nothing."""
        name, p, kernel = e.name, self.program, scope.frame.kernel
        local = scope.find(name)
        if local is not None:
            if isinstance(local.type, Condition):
                return Typed(Bool(), f"the condition `{name}`", fixed="a condition")
            fixed = ""
            if isinstance(local.type, Object) and local.kind != "variable":
                on_stack = local.kind == "stack object"
                fixed = "an object" if on_stack else "a parameter that stands for an object" if kernel else ""
            kind = type_word(local.type, "parameter" if "parameter" in local.kind else "variable")
            return Typed(
                local.type, f"the {kind} `{name}`", place=not fixed and local.kind != "loop variable", fixed=fixed
            )
        if name in p.globals:
            g = p.globals[name]
            if g.kernel and not kernel:
                return self.reserved(name, e.span, "ask `pending(t)`, `in_interrupt()` or `irqs_disabled()`")
            if isinstance(g.type, Ref) and not kernel and not g.length:
                return Typed(Object(g.type.element), f"the pointer `{name}`", place=True)
            if g.length:
                fixed = "a whole array: assign one element"
                return Typed(Array(followed(g.type, kernel), g.length), f"the array `{name}`", fixed=fixed)
            if g.storage == "param":
                return Typed(g.type, f"the parameter `{name}`", fixed="a parameter of the spec, which never changes")
            return Typed(g.type, f"the variable `{name}`", place=True)
        if name in p.instances:
            if p.instances[name].span.source.kernel:
                self.there(name, e.span, scope)
            return Typed(
                Object(p.instances[name].type), f"{self.object_word(name)} `{name}`", fixed="an object", name=name
            )
        if name in p.constants:
            value, enum = p.constants[name]
            if name in POOLS and not kernel:
                return self.reserved(name, e.span)
            self.there(name, e.span, scope)
            return Typed(enum or Int(value, value), f"the constant `{name}`", value, fixed="a constant")
        if name in HERE:
            return self.here(name, e.span, kernel)
        vector = p.constants.get(f"{name}_SOFTIRQ")
        if vector is not None:
            return Typed(vector[1], f"the softirq `{name}`", vector[0], fixed="a constant")
        if name in p.functions:
            f = p.functions[name][0]
            if f.name.span.source.kernel and not kernel:
                return self.reserved(name, e.span) if name in INTERNAL else self.uncalled(name, e.span)
            return Typed(Function(), f"the function `{name}`", fixed="a function", name=name)
        if kernel and name in self.kernels:  # the spec does not mention it, and no call of the spec can get here
            return Typed(Object(self.kernels[name]), f"the {self.kernels[name]} `{name}`", fixed="an object")
        return self.unknown(name, e.span, scope)

    def there(self, name: str, span: Span, scope: Scope) -> None:
        """Complain about a kernel's name that the version which the spec is checked for has not yet."""
        first = missing(name, self.program.version)
        if first is not None and not scope.frame.kernel:
            listed = known(self.program.kernel_files)
            named = next((v for v in listed if key(v) >= key(first)), first)  # one whose flags are those of its time
            help = f'name later versions only: `kernel "{named}";`, or write it with what the older one has'
            text = f"Linux {self.program.version} has no `{name}`"
            self.complaints.add(text, span, f"it is there from {first} on", help)

    def object_word(self, name: str) -> str:
        """``the tasklet`` or ``the struct device``."""
        type = self.program.instances[name].type
        return f"the struct {type}" if self.program.types[type].struct else f"the {type}"

    def here(self, name: str, span: Span, kernel: bool) -> Typed:
        """A name that stands for who executes."""
        if not kernel:
            return self.reserved(name, span, HERE[name])
        types: dict[str, Type] = {
            "this_level": self.program.enums["level"], "this_cpu": Int(0, 63), "this_pool": Number(),
        }  # fmt: skip
        type = types.get(name, ContextRef())
        return Typed(type, f"`{name}`", fixed="a constant")

    def reserved(self, name: str, span: Span, help: str = "") -> Typed:
        """Complain about a name that only the kernel model may say."""
        self.complaints.add(f"`{name}` belongs to the kernel model", span, "not for a driver's spec", help)
        return UNKNOWN

    def uncalled(self, name: str, span: Span) -> Typed:
        """Complain about a kernel function that stands for a value: only a driver's own functions can be passed on."""
        help = f"call it: `{name}(...)`; a handler is a function of your own"
        self.complaints.add(f"`{name}` is the kernel's function, not a value", span, "not called", help)
        return UNKNOWN

    def unknown(self, name: str, span: Span, scope: Scope) -> Typed:
        """Complain about a name that nothing declares, once in each body."""
        if (name, scope.frame.what) in self._missing:
            return UNKNOWN
        self._missing.add((name, scope.frame.what))
        label, help = "not declared", ""
        known = value_help(name)
        instances = [i.name for i in self.program.instances.values() if i.type == name]
        if known is not None:
            self.complaints.add(f"`{name}` is not modelled", span, "", known)
            return UNKNOWN
        if name in self.threads:
            label = "a thread, not a value"
        elif name in self.program.types and instances:
            label, help = "a struct, not an object", f"its instance is `{instances[0]}`"
        elif name in self.program.enums or name in self.program.types:
            label = "a type, not a value"
        elif name in MACHINE or name in QUIET:
            label = "a function, not a value"
        else:
            help = suggest(name, self.values_near(name, scope)) or self._undeclared(name)
        self.complaints.add(f"cannot find `{name}` here", span, label, help)
        return UNKNOWN

    @staticmethod
    def _undeclared(name: str) -> str:
        if "flags" in name:
            return f"declare it in this function: `unsigned long {name};`"
        return ""

    def values_near(self, name: str, scope: Scope) -> list[str]:
        """What could have been meant by a misspelt value."""
        p = self.program
        constants = [c for c, (_, enum) in p.constants.items() if enum is not None or _like(c, name)]
        own = [f for f in p.functions if " " not in f and not p.functions[f][0].name.span.source.kernel]
        globals = [g.name for g in p.globals.values() if scope.frame.kernel or not g.kernel]
        objects = [*(i for i in p.instances if "." not in i), *self.kernels]
        return [*scope.visible(), *globals, *objects, *constants, *own]

    # ---- functions ----

    def functions_near(self, scope: Scope) -> list[str]:
        """What could have been meant by a misspelt call."""
        p, kernel = self.program, scope.frame.kernel
        shown = [f for f in p.functions if " " not in f and f not in p.instances and (kernel or f not in INTERNAL)]
        return [*shown, *(MACHINE if kernel else PUBLIC), *QUIET, *calls()]

    def handles(self, name: str, owner: str, span: Span) -> None:
        """Complain about a handler whose parameter is not what it is called for."""
        f = self.program.functions.get(name, (None,))[0]
        if f is None or f.name.span.source.kernel or len(f.parameters) != 1:
            return
        type = self.types.parameter(f.parameters[0].type)
        passed = PASSED.get(owner, owner)
        if isinstance(type, Object) and type.name != passed:
            help = f"declare it `{name}(struct {C_NAMES.get(passed, passed)} *{f.parameters[0].name})`"
            note = ("the handler's parameter", f.parameters[0].span)
            text = f"`{name}` is called with a {passed}, and takes {article(type.name)}"
            self.complaints.add(text, span, "", help, (note,))

    def unknown_call(self, name: str, span: Span, scope: Scope) -> None:
        """Complain about a call of something that is no function."""
        local = scope.find(name)
        p = self.program
        if local is not None:
            self.complaints.add(f"`{name}` is not a function", span, f"it is a {local.kind} here")
        elif name in p.instances:
            word = self.object_word(name).removeprefix("the ")
            help = ""
            if word == "irq":
                help = "interrupts fire by themselves; put what both need into a function"
            elif p.instances[name].handler and p.instances[name].handler != name:
                help = f"its handler is `{p.instances[name].handler}`"
            self.complaints.add(f"`{name}` is not a function", span, f"the {word} `{name}`", help)
        elif name in self.threads:
            self.complaints.add(f"`{name}` is not a function", span, "a thread", "threads start by themselves")
        elif name in p.globals or name in p.constants:
            self.complaints.add(
                f"`{name}` is not a function", span, "a variable" if name in p.globals else "a constant"
            )
        else:
            self.missing_call(name, span, scope)

    def missing_call(self, name: str, span: Span, scope: Scope) -> None:
        """Complain about a call of something that nothing declares."""
        if (name, scope.frame.what) in self._missing:
            return
        self._missing.add((name, scope.frame.what))
        help = call_help(name)
        if help is not None:
            self.complaints.add(f"`{name}` is not modelled yet", span, "defercheck does not know what it does", help)
            return
        near = suggest(name, self.functions_near(scope))
        meant = near.removeprefix("did you mean `").removesuffix("`?")
        if near and meant not in self.program.functions and (absent := call_help(meant)) is not None:
            near = f"if `{meant}` is meant: it is not modelled yet; {absent}"
        self.complaints.add(f"there is no function `{name}`", span, "not declared", near)


def followed(type: Type, kernel: bool) -> Type:
    """A driver's reference is a pointer, and stands for the object that it points to."""
    return Object(type.element) if isinstance(type, Ref) and not kernel else type


PASSED = {"delayed_work": "work"}
"""What a handler is called with where it is not the object that names it."""

C_NAMES = {"work": "work_struct", "tasklet": "tasklet_struct", "timer": "timer_list"}
"""C's names of kernel types, as handlers declare their parameter."""

POOLS = frozenset({"HIGHPRI_POOL", "UNBOUND_POOL", "BH_POOL"})
"""Constants that number the kernel's worker pools."""


def kernel_objects(program: Program) -> Iterator[tuple[str, str]]:
    """The objects that the kernel model declares, with their types; a program has those that its spec mentions."""
    defines = {i.name.text: i for f in program.kernel_files for i in f.items if isinstance(i, tree.DefineDecl)}
    for f in program.kernel_files:
        for i in f.items:
            if isinstance(i, tree.MacroUse) and i.name.text in defines and isinstance(i.arguments[0], tree.NameExpr):
                type = defines[i.name.text].parameters[0].type
                yield i.arguments[0].name, type.name if isinstance(type, tree.NamedType) else ""


def _like(constant: str, name: str) -> bool:
    """Whether an error number or a flag of the headers can be what a misspelt name means."""
    known = (constant in ERRNO and name.startswith("E")) or (constant in NUMBERS and name.startswith("W"))
    return known and name.isupper()


def type_word(type: object, otherwise: str) -> str:
    """The word for what a name of a type is: ``tasklet`` for an object, otherwise as given."""
    return type.name if isinstance(type, Object) and type.name != "object" else otherwise


__all__ = ["Enum", "Names", "type_word"]
