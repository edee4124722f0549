"""From trees to a Program: what a spec and the kernel model declare, with names of declarations resolved.

Bodies are not looked at here; `check` does that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.sema.apart import apart
from defercheck.sema.complaints import Complaints
from defercheck.sema.constants import ALIASES, ERRNO, NUMBERS, constant, pool_count, pools, suggest
from defercheck.sema.legality import guarded, table
from defercheck.sema.objects import Objects
from defercheck.sema.program import ContextDef, Global, Member, ObjectType, Program
from defercheck.sema.resolve import bounds_of, ranged, resolve_type
from defercheck.sema.settings import check_settings
from defercheck.sema.signatures import variable_misuse
from defercheck.sema.sugar import desugar
from defercheck.sema.types import Enum, Int, Object, Opaque, Ref, Type
from defercheck.sema.uses import (
    ghost_limit,
    handled,
    handlers,
    mentions,
    mentions_soft_hrtimers,
    requests,
    task,
    task_states,
    used_pools,
    words_of_bits,
)
from defercheck.sema.versions import flags
from defercheck.sema.walk import walk

MAX_CPUS = 8


def declare(spec: tree.SpecFile, kernel: tuple[tree.SpecFile, ...], version: str, cpus: int) -> Program:
    """Collect everything that the spec and the kernel model declare. ``SpecError`` when a declaration is wrong."""
    types = frozenset(i.name.text for f in kernel for i in f.items if isinstance(i, tree.TypeDecl))
    return _Collector(desugar(spec, types), kernel=apart(spec, kernel), version=version, cpus=cpus).program()


@dataclass
class _Collector(Objects):
    kernel: tuple[tree.SpecFile, ...] = ()
    version: str = ""
    cpus: int = 0
    globals: dict[str, Global] = field(default_factory=dict)
    contexts: list[ContextDef] = field(default_factory=list)
    ghost_limit: int = 1
    complaints: Complaints = field(default_factory=Complaints)
    bits: frozenset[str] = frozenset()

    def program(self) -> Program:
        check_settings(self.spec.items, self.complaints)
        if not 1 <= self.cpus <= MAX_CPUS:
            span = next((i.count.span for i in self.spec.items if isinstance(i, tree.CpusDecl)), None)
            self.complaints.add(f"{self.cpus} CPUs cannot be modelled", span, help=f"use 1 to {MAX_CPUS}")
        numbers = ERRNO | NUMBERS | pools(self.cpus, self.uses_bh())
        self.constants |= {name: (number, None) for name, number in numbers.items()}
        self.ghost_limit = ghost_limit(self.spec)
        self.bits = words_of_bits(self.spec)
        options = [i for i in self.spec.items if isinstance(i, tree.OptionDecl)]
        version = next(
            (
                v
                for i in self.spec.items
                if isinstance(i, tree.KernelDecl)
                for v in i.versions
                if v.value == self.version
            ),
            self.version,
        )
        all_flags: dict[str, str] = {}
        with self.complaints.collecting():
            all_flags = flags(version, self.kernel, options)
        order = (tree.EnumDecl, tree.TypeDecl, tree.StructDecl, tree.FunctionDecl, tree.DefineDecl, None)
        for f in (*self.kernel, self.spec):
            for kind in order:
                for item in f.items:
                    if (kind is not None and isinstance(item, kind)) or (
                        kind is None and not isinstance(item, order[:-1])
                    ):
                        with self.complaints.collecting():
                            self.item(item, f.source.kernel)
        self.complaints.finish()
        modules = [i for i in self.spec.items if isinstance(i, tree.ModuleDecl)]
        all_flags["module"] = "present" if modules else "absent"
        level = any(i.line.level for i in self.spec.items if isinstance(i, tree.ContextDecl))
        all_flags["level_lines"] = "used" if level else "unused"
        all_flags |= used_pools(self.spec)
        functions = dict(self.functions)
        with self.complaints.collecting():
            functions = guarded(functions, table(self.kernel), all_flags)
        self.complaints.finish()
        # those on functions' stacks are instances only later
        types = {i.type for i in self.instances.values()} | set(_declared(self.spec))
        for flag, type in (("timers", "timer"), ("irq_threads", "irq_thread"), ("rcu_callbacks", "rcu_head")):
            all_flags[flag] = "used" if type in types else "unused"
        opens = any(isinstance(i, tree.DeviceDecl) and (i.part("open") or i.part("close")) for i in self.spec.items)
        all_flags["device_opens"] = "used" if opens else "unused"
        all_flags["soft_hrtimers"] = "used" if mentions_soft_hrtimers(self.spec) else "unused"
        all_flags["task_states"] = "used" if task_states(self.spec) else "unused"
        return Program(
            spec=self.spec,
            kernel_files=self.kernel,
            version=self.version,
            cpus=self.cpus,
            flags=all_flags,
            enums=self.enums,
            constants=self.constants,
            types=self.types,
            instances=self.instances,
            globals=self.globals,
            functions=functions,
            handlers=handlers(self.spec, self.functions, self.instances),
            handled=handled(self.spec, self.functions, self.types, self.instances),
            contexts=tuple(self.contexts),
            properties=tuple(i for i in self.spec.items if isinstance(i, tree.PropertyDecl)),
            lemmas=tuple(i for f in self.kernel for i in f.items if isinstance(i, tree.PropertyDecl)),
            ghost_limit=self.ghost_limit,
        )

    def uses_bh(self) -> bool:
        """Whether works can run in bottom halves."""
        return used_pools(self.spec)["bh_wq"] == "used"

    # ---- items ----

    def item(self, item: tree.Item, kernel: bool) -> None:
        match item:
            case tree.EnumDecl():
                enum = None
                if item.name is not None:
                    self.new(item.name, space="type ")
                    enum = self.enums[item.name.text] = Enum(item.name.text, tuple(c.text for c in item.constants))
                for n, c in enumerate(item.constants):
                    self.new(c)
                    self.constants[c.text] = (n, enum)
            case tree.TypeDecl() | tree.StructDecl():
                self.new(item.name, space="type ")
                members = tuple(m for d in item.members for m in self.members(d))
                for n, m in enumerate(members):
                    if any(other.name == m.name for other in members[:n]):
                        raise SpecError(Diagnostic(f"`{m.name}` is declared twice in `{item.name}`", m.span))
                struct = isinstance(item, tree.StructDecl)
                self.types[item.name.text] = ObjectType(item.name.text, members, item.name.span, struct)
                if isinstance(item, tree.StructDecl):
                    for name in item.instances:
                        self.heap_object(item.name.text, name)
            case tree.FunctionDecl():
                self.function(item)
            case tree.DefineDecl():
                self.new(item.name)
                self.defines[item.name.text] = item
            case tree.VarDecl():
                for d in item.declarators:
                    self.variable(item, d, kernel)
            case tree.MacroUse():
                if not kernel or mentions(self.spec, item):
                    self.macro(item)
            case tree.ContextDecl():
                self.context(item, kernel)
            case tree.ModuleDecl():
                self.module(item)
            case tree.DeviceDecl():
                self.device(item)
            case tree.StartDecl():
                self.cpu(item.cpu, item.span)
                cpu = item.cpu.value if item.cpu is not None else None
                self.contexts.append(ContextDef("start", "start", item.span, item.body, cpu))

    def function(self, item: tree.FunctionDecl) -> None:
        others = self.functions.get(item.name.text, ())
        first = self.first_parameter(item)
        clash = next((o for o in others if self.first_parameter(o) == first), None)
        if clash or not item.name.span.source.kernel or item.name.text not in self.functions:
            self.new(item.name)
        for n, p in enumerate(item.parameters):
            if any(q.name.text == p.name.text for q in item.parameters[:n]):
                raise SpecError(Diagnostic(f"parameter `{p.name}` is declared twice", p.name.span))
        self.functions[item.name.text] = (*others, item)

    @staticmethod
    def first_parameter(f: tree.FunctionDecl) -> str:
        t = f.parameters[0].type if f.parameters else None
        return ALIASES.get(t.name, t.name) if isinstance(t, tree.NamedType) else ""

    def variable(self, decl: tree.VarDecl, d: tree.Declarator, kernel: bool) -> None:
        self.new(d.name, called=False)
        pointer = self.pointer(decl, d)
        type = pointer or self.resolve(decl.type)
        if not kernel:
            type = ranged(type, decl.type, d.name.text in self.bits)
        if not kernel and pointer is None and (problem := variable_misuse(type, d.name.text, decl.type)) is not None:
            raise SpecError(problem)
        if isinstance(type, Object):
            if d.length is not None or d.initial is not None:
                if d.length is None:
                    raise SpecError(Diagnostic("an object has no initial value", d.span))
                help = f"declare each by its name: `{decl.type.span.text} {d.name}0, {d.name}1;`"
                raise SpecError(Diagnostic("there are no arrays of objects", d.span, help=help))
            if self.types[type.name].struct:
                self.static_struct(type.name, d.name, d.arguments)
                return
            self.static_object(type.name, d.name, [self.argument(a) for a in d.arguments], None)
            return
        if d.arguments:
            help = "write `= value` for its initial value"
            raise SpecError(Diagnostic(f"`{d.name}` is a plain variable and takes no handler", d.span, help=help))
        if decl.storage == "param" and (d.initial is not None or d.length is not None):
            help = "its value is one of its type's, whichever, and never changes"
            raise SpecError(Diagnostic(f"the parameter `{d.name}` is a plain name without a value", d.span, help=help))
        length: int | str = 0
        if d.length is not None:
            length = self.length(d.length)
        if d.initial is None or isinstance(type, Opaque):
            initial = self.default(type)
        else:
            initial = self.pointed(d.initial, pointer) if pointer is not None else constant(d.initial, self.values())  # type: ignore[arg-type]
        self.in_range(initial, type, d.initial.span if d.initial is not None else d.span)
        self.globals[d.name.text] = Global(d.name.text, type, initial, d.span, decl.storage, length, kernel)

    def pointer(self, decl: tree.VarDecl, d: tree.Declarator) -> Type | None:
        """The type of what is declared with a star: a reference to an object, or nothing that is followed."""
        if not d.stars or d.span.source.kernel:
            return None
        name = decl.type.name if isinstance(decl.type, tree.NamedType) else ""
        if d.stars > 1 or d.arguments:
            what = "a pointer to a pointer" if d.stars > 1 else "a pointer with a handler"
            help = f"declare `{decl.type.span.text} *{d.name}`"
            raise SpecError(Diagnostic(f"{what} is not modelled", d.span, help=help))
        if any(isinstance(i, tree.StructDecl) and i.name.text == name for i in self.spec.items):
            return Ref(name)  # also inside the struct itself
        if name in ("void", "char"):
            return Opaque()
        type = self.resolve(decl.type)
        if not isinstance(type, Object) or type.name in ("irq", "object"):
            help = "use the variable itself; a function that changes its caller's takes `out bool x`"
            raise SpecError(Diagnostic(f"`{d.name}` cannot be a pointer", d.span, f"to {type}", help))
        if type.name == "workqueue" and d.initial is None:
            return None  # the queue itself, which a call makes: so drivers declare it
        return Ref(type.name)

    def pointed(self, e: tree.Expr, type: Ref) -> int:
        """The number of the object that a pointer names at first."""
        while isinstance(e, tree.Unary) and e.op in "&*":
            e = e.operand
        name = e.name if isinstance(e, tree.NameExpr) else "" if isinstance(e, tree.NullLiteral) else e.span.text
        if isinstance(e, tree.NullLiteral) or (isinstance(e, tree.IntLiteral) and e.value == 0):
            return 0
        found = self.instances.get(name.replace("->", "."))
        if found is None:
            text = "a pointer starts as NULL or as an object that is declared above"
            raise SpecError(Diagnostic(text, e.span, f"`{name}` is none", suggest(name, self.instances)))
        if found.type != type.element:
            raise SpecError(Diagnostic(f"`{name}` is a {found.type}, not a {type.element}", e.span))
        return found.number

    def length(self, e: tree.Expr) -> int | str:
        """Number of elements of an array, or the name of what indexes it, where that is known only to the machine."""
        if isinstance(e, tree.NameExpr):
            if e.name in self.enums:
                return len(self.enums[e.name].constants)
            fixed = {"cpu": self.cpus, "pool": pool_count(self.cpus, self.uses_bh())}
            if e.name in fixed:
                return fixed[e.name]
            if e.name in ("context", "flusher"):
                return e.name
        n = constant(e, self.values())
        if not 1 <= n <= 64:
            raise SpecError(Diagnostic(f"an array of {n} elements", e.span, help="use 1 to 64"))
        return n

    def cpu(self, cpu: tree.IntLiteral | None, span: Span) -> None:
        """A CPU that a context is pinned to exists."""
        if cpu is not None and cpu.value >= self.cpus:
            label = f"this spec has {self.cpus}, numbered from 0"
            raise SpecError(
                Diagnostic(f"there is no CPU {cpu.value}", cpu.span, label, "raise `cpus` or choose another")
            )

    def context(self, item: tree.ContextDecl, kernel: bool) -> None:
        self.cpu(item.cpu, item.span)
        cpu = item.cpu.value if item.cpu is not None else None
        times = item.times.value if item.times is not None else None
        name = item.name
        match item.kind:
            case "irq" | "tasklet" | "timer":
                self.new(name)
                result = tree.NamedType("irqreturn_t" if item.kind == "irq" else "void", name.span)
                self.functions[name.text] = (tree.FunctionDecl(result, name, (), item.body, item.span),)
                if item.kind != "irq":
                    self.static_object(item.kind, name, [name.text], None)
                    return
                requested = requests(self.spec, name.text)
                none = int(not item.line.hard)
                initial = (
                    ("handler", name.text), ("requested", int(not requested)), ("default_handler", none),
                    ("oneshot", none and int(not requested)),
                )  # fmt: skip
                self.instance(name, "irq", handler=name.text, initial=initial)
                if item.line.thread is not None:
                    thread = tree.Name(f"{name}.thread", item.line.thread.span)
                    f = tree.FunctionDecl(result, thread, (), item.line.thread, item.line.thread.span)
                    self.functions[thread.text] = (f,)
                    self.instance(thread, "irq_thread", handler=thread.text, initial=(("func", thread.text),))
            case "softirq":
                vector = name.text if name.text.endswith("_SOFTIRQ") else name.text + "_SOFTIRQ"
                own = {"HI_SOFTIRQ", "TASKLET_SOFTIRQ"}
                known = set(self.enums["softirq_vector"].constants) - own
                if vector not in known:
                    short = [v.removesuffix("_SOFTIRQ") for v in self.enums["softirq_vector"].constants if v not in own]
                    why = "tasklets run from it" if vector in own else ""
                    help = suggest(name.text, short) or "vectors: " + ", ".join(short)
                    raise SpecError(Diagnostic(f"a spec cannot handle softirq `{name.text}`", name.span, why, help))
                name = tree.Name(vector, name.span)
                self.new(name, space="softirq ")
            case "thread":
                for each in item.names:
                    self.new(each, called=False)
                    if said := task(self.spec, each.text):
                        self.instance(each, "kthread", initial=(("by_call", int(said == "created")),))
        parameter = None
        if item.parameter is not None:
            assert isinstance(item.parameter.type, tree.NamedType)
            parameter = (item.parameter.type.name, item.parameter.name.text)
        kind = "irq" if item.kind == "irq" else "softirq" if item.kind == "softirq" else "thread"
        after = tuple(a.text for a in item.after)
        priority = item.priority.value if item.priority is not None else 0
        for each in (name, *item.more):
            self.contexts.append(
                ContextDef(
                    kind, each.text, each.span, item.body, cpu, item.each_cpu, times,  # type: ignore[arg-type]
                    parameter, kernel, after, priority, item.line,
                )
            )  # fmt: skip

    def module(self, item: tree.ModuleDecl) -> None:
        empty = tree.Block((), item.span)
        number, void = tree.NamedType("int", item.span), tree.NamedType("void", item.span)
        for name, result, body in (("module init", number, item.init), ("module exit", void, item.exit)):
            span = body.span if body else item.span
            short = tree.Name(name.removeprefix("module "), span)
            self.functions[name] = (tree.FunctionDecl(result, short, (), body or empty, span),)
        self.contexts.append(ContextDef("module", "module", item.span, None))

    def device(self, item: tree.DeviceDecl) -> None:
        self.new(item.name)
        for word, body in item.parts:
            result = tree.NamedType("int" if word.text in ("probe", "open") else "void", word.span)
            self.functions[f"{item.name} {word}"] = (tree.FunctionDecl(result, word, (), body, body.span),)
        self.instance(item.name, "managed_device")
        self.contexts.append(ContextDef("device", item.name.text, item.name.span, None))

    # ---- types ----

    def members(self, decl: tree.VarDecl) -> Iterator[Member]:
        for d in decl.declarators:
            pointer = self.pointer(decl, d)
            type = pointer or self.resolve(decl.type)
            handler = ""
            if pointer is None and not d.span.source.kernel:
                type = ranged(type, decl.type, d.name.text in self.bits)
                if (problem := variable_misuse(type, d.name.text, decl.type)) is not None:
                    raise SpecError(problem)
                if isinstance(type, Object) and self.types[type.name].struct:
                    help = "put its members here; heap objects stand side by side, each with its own name"
                    raise SpecError(Diagnostic("a struct inside a struct is not modelled", d.span, help=help))
            if d.length is not None and not d.span.source.kernel:
                raise SpecError(
                    Diagnostic("arrays inside a struct are not supported", d.span, help="declare it outside")
                )
            if d.arguments:
                takes = isinstance(type, Object) and self.has_function(type.name)
                if not takes or len(d.arguments) > 1:
                    what = f"{len(d.arguments)} handlers" if takes else "a handler"
                    raise SpecError(Diagnostic(f"`{d.name}` cannot have {what}", d.span, f"its type is {type}"))
                handler = self.argument(d.arguments[0])
            if pointer is not None and d.initial is not None:
                text = "a pointer in a struct has no initial value"
                raise SpecError(Diagnostic(text, d.span, help="assign it where the struct is allocated"))
            initial = constant(d.initial, self.values()) if d.initial is not None else self.default(type)
            self.in_range(initial, type, d.span)
            length = self.length(d.length) if d.length is not None else 0
            if decl.storage == "param":
                raise SpecError(Diagnostic("a parameter cannot be a member", d.span, help="declare it outside"))
            ghost, shadow = decl.storage == "ghost", decl.storage == "shadow"
            yield Member(d.name.text, type, d.span, initial, handler, ghost, shadow, length)

    def resolve(self, t: tree.TypeExpr) -> Type:
        """The meaning of a type as written. ``SpecError`` when there is no such type."""
        return resolve_type(t, self.enums, self.types, self.values(), self.ghost_limit)

    @staticmethod
    def default(type: Type) -> int:
        return type.lo if isinstance(type, Int) and not type.lo <= 0 <= type.hi else 0

    @staticmethod
    def in_range(value: int, type: Type, span: Span) -> None:
        lo, hi = bounds_of(type)
        if not lo <= value <= hi:
            raise SpecError(Diagnostic(f"{value} is outside {type}", span, f"must be {lo}..{hi}"))


__all__ = ["MAX_CPUS", "declare"]


def _declared(spec: tree.SpecFile) -> Iterator[str]:
    """The types that variables, members and locals are declared with."""
    for n in walk(spec.items):
        if isinstance(n, tree.VarDecl) and isinstance(n.type, tree.NamedType):
            yield ALIASES.get(n.type.name, n.type.name)
