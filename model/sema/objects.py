"""Names and objects while a spec's declarations are collected: each name once, objects with their static values."""

from __future__ import annotations

from dataclasses import dataclass, field

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.sema.constants import ERRNO, constant, suggest
from defercheck.sema.program import Instance, ObjectType
from defercheck.sema.types import Enum, Function, Object
from defercheck.sema.unmodelled import macro_help
from defercheck.sema.words import KERNELS_OBJECTS, UNINITIALISED


@dataclass
class Objects:
    """What was declared so far, as far as objects depend on it."""

    spec: tree.SpecFile
    enums: dict[str, Enum] = field(default_factory=dict)
    constants: dict[str, tuple[int, Enum | None]] = field(default_factory=dict)
    types: dict[str, ObjectType] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    functions: dict[str, tuple[tree.FunctionDecl, ...]] = field(default_factory=dict)
    defines: dict[str, tree.DefineDecl] = field(default_factory=dict)
    seen: dict[str, Span] = field(default_factory=dict)

    def new(self, name: tree.Name, space: str = "", called: bool = True) -> None:
        """Claim a name; two declarations of one name in one space are an error. What is never ``called`` (a thread) may
        be named like a function of the kernel's."""
        if name.text in ERRNO and not space:
            raise SpecError(Diagnostic(f"`{name}` is an error number", name.span, "", "choose another name"))
        first = self.seen.setdefault(space + name.text, name.span)
        if first is not name.span and not called and first.source.kernel and name.text in self.functions:
            self.seen[space + name.text] = name.span
        elif first is not name.span:
            kernel = first.source.kernel
            if kernel and not name.span.source.kernel:
                text = f"`{name.text}` is a name of the kernel's"
                raise SpecError(Diagnostic(text, name.span, "declared again here", "choose another name"))
            raise SpecError(
                Diagnostic(
                    f"`{name.text}` is declared twice",
                    name.span,
                    "declared again here",
                    "rename one of them",
                    (("first declared here", first),),
                )
            )

    def values(self) -> dict[str, int]:
        """All constants."""
        return {name: value for name, (value, _) in self.constants.items()}

    # ---- objects ----

    def heap_object(self, struct: str, name: tree.Name) -> None:
        self.new(name)
        self.instance(name, struct, heap=name.text)
        self.embedded(struct, name, name.text, "", {})

    def embedded(self, type: str, name: tree.Name, heap: str, handler: str, initial: dict[str, list]) -> None:
        """The objects inside an object. ``initial`` are static initial values by path; a handler that is given to the
        outer object is that of the object inside that has a function."""
        for m in self.types[type].members:
            if isinstance(m.type, Object):
                at = name.span if m.span.source.kernel and not name.span.source.kernel else m.span
                inner = tree.Name(f"{name.text}.{m.name}", at)
                own = m.handler or handler
                given = {p.partition(".")[2]: v for p, v in initial.items() if p.partition(".")[0] == m.name}
                here = tuple((p, v[0]) for p, v in given.items() if "." not in p)
                self.instance(inner, m.type.name, heap=heap, handler=own, initial=here)
                self.embedded(m.type.name, inner, heap, own, given)

    def instance(
        self,
        name: tree.Name,
        type: str,
        heap: str = "",
        handler: str = "",
        initial: tuple = (),
        arguments: tuple = (),
        stack: bool = False,
    ) -> None:
        number = 1 + sum(i.type == type for i in self.instances.values())
        made = Instance(name.text, type, number, name.span, heap, handler, initial, arguments, stack)
        self.instances[name.text] = made

    def on_stack(self, type: str, name: tree.Name) -> None:
        """An object in the frame of a function: memory of its own, like one on the heap."""
        self.instance(name, type, heap=name.text, stack=True)
        self.embedded(type, name, name.text, "", {})

    def static_struct(self, type: str, name: tree.Name, arguments: tuple[tree.Expr, ...]) -> None:
        """A struct that is there from the start, zeroed, for ever: one that the module's data holds."""
        if arguments:
            raise SpecError(Diagnostic(f"a struct takes no handler, {len(arguments)} given", name.span))
        self.instance(name, type)
        self.embedded(type, name, "", "", {})

    def static_object(self, type: str, name: tree.Name, arguments: list[str], define: tree.DefineDecl | None) -> None:
        """An object with static initial values: those of the type's first `define` that takes these arguments."""
        if define is None:
            define = next(
                (
                    d
                    for d in self.defines.values()
                    if self.first_type(d) == type
                    and len(d.parameters) == 1 + len(arguments)
                    and d.name.text not in KERNELS_OBJECTS
                    and (arguments or type not in UNINITIALISED)
                ),
                None,
            )
        initial: list[tuple[str, int | str]] = []
        handler = ""
        if define is not None:
            bound = {p.name.text: a for p, a in zip(define.parameters[1:], arguments, strict=False)}
            for s in define.body.statements:
                assert isinstance(s, tree.Assign) and isinstance(s.target, tree.Field)
                path = field_path(s.target)
                if isinstance(s.value, tree.NameExpr) and s.value.name in bound:
                    handler = bound[s.value.name]
                    initial.append((path, handler))
                else:
                    initial.append((path, constant(s.value, self.values())))
        elif arguments:
            forms = [len(d.parameters) - 1 for d in self.defines.values() if self.first_type(d) == type]
            help = f"declare it `{type} {name}(handler);`" if 1 in forms else f"declare it `{type} {name};`"
            text = f"a {type} takes {'one handler' if 1 in forms else 'no handler'}, {len(arguments)} given"
            raise SpecError(Diagnostic(text, name.span, help=help))
        own = tuple((p, v) for p, v in initial if "." not in p)
        self.instance(name, type, handler=handler, initial=own, arguments=tuple(arguments))
        self.embedded(type, name, "", handler, {p: [v] for p, v in initial if "." in p})

    @staticmethod
    def first_type(d: tree.DefineDecl) -> str:
        t = d.parameters[0].type
        return t.name if isinstance(t, tree.NamedType) else ""

    def macro(self, item: tree.MacroUse) -> None:
        kernel = item.name.span.source.kernel
        known_defines = {n: d for n, d in self.defines.items() if kernel or n not in KERNELS_OBJECTS}
        define = known_defines.get(item.name.text)
        if define is None:
            known = macro_help(item.name.text)
            if known is not None:
                raise SpecError(Diagnostic(f"`{item.name}` is not modelled", item.name.span, "", known))
            help = suggest(item.name.text, known_defines) or "declarations: " + ", ".join(sorted(known_defines))
            raise SpecError(Diagnostic(f"there is no declaration `{item.name}`", item.name.span, "unknown", help))
        wanted = len(define.parameters)
        given = item.arguments[: wanted + 1 if wanted > 1 else wanted]  # DECLARE_TASKLET's old third argument, `data`
        if not item.arguments or len(given) < wanted or len(item.arguments) > len(given):
            form = ", ".join(p.name.text for p in define.parameters)
            takes = f"{wanted} argument{'s' if wanted > 1 else ''}, {len(item.arguments)} given"
            raise SpecError(Diagnostic(f"`{item.name}` takes {takes}", item.span, help=f"write `{item.name}({form});`"))
        first = item.arguments[0]
        if not isinstance(first, tree.NameExpr):
            raise SpecError(Diagnostic("the first argument is the name that is declared", first.span))
        name = tree.Name(first.name, first.span)
        self.new(name)
        self.static_object(self.first_type(define), name, [self.argument(a) for a in given[1:wanted]], define)

    def argument(self, e: tree.Expr) -> str:
        """The function that a declaration binds to its object."""
        if isinstance(e, tree.Unary) and e.op == "&":
            e = e.operand
        if not isinstance(e, tree.NameExpr):
            raise SpecError(Diagnostic("expected the name of a function", e.span))
        known = [n for f in (self.spec,) for i in f.items if isinstance(i, tree.FunctionDecl) for n in [i.name.text]]
        if e.name not in known:
            raise SpecError(
                Diagnostic(
                    f"there is no function `{e.name}`",
                    e.span,
                    "not declared in this spec",
                    suggest(e.name, known) or (f"functions here: {', '.join(known)}" if known else "declare it above"),
                )
            )
        return e.name

    def has_function(self, type: str) -> bool:
        """Whether an object of a type, or one inside it, holds a handler."""
        return any(
            isinstance(m.type, Function) or (isinstance(m.type, Object) and self.has_function(m.type.name))
            for m in self.types[type].members
        )


def field_path(e: tree.Expr) -> str:
    """``work.func`` for ``d.work.func``."""
    if isinstance(e, tree.Field):
        inner = field_path(e.base)
        return f"{inner}.{e.name}" if inner else e.name.text
    return ""
