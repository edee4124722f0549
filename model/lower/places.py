"""Places: the state variables behind names, members and elements, made when they are first met."""

from __future__ import annotations

from dataclasses import replace

from defercheck.grammar.span import Diagnostic, Span, SpecError
from defercheck.lower.builder import Builder, ContextBuilder, Path
from defercheck.lower.values import ArrayPlace, ListPlace, ObjectValue, Place, Value
from defercheck.sema.constants import pool_count
from defercheck.sema.program import Instance
from defercheck.sema.types import Bool, List, Ref, Type
from defercheck.system.expr import Const
from defercheck.system.system import Variable


class Places:
    """Finds places for one context (``None``: for no context, as in properties)."""

    def __init__(self, builder: Builder, context: ContextBuilder | None):
        self.builder = builder
        self.program = builder.program
        self.context = context

    def variable(self, name: str, path: Path, span: Span) -> Value:
        """The place of a global variable, for this CPU or context where it has one for each."""
        g = self.program.globals[name]
        prefix = name
        if g.storage == "percpu":
            cpu = path.env.get("this_cpu")
            if not isinstance(cpu, Const):
                raise SpecError(Diagnostic(f"`{name}` exists once for each CPU", span, help="use it inside a context"))
            prefix = f"{name}[{cpu.value}]"
        elif g.storage == "frame":
            if self.context is None:
                raise SpecError(Diagnostic(f"`{name}` exists once for each context", span))
            prefix = f"{self.context.name}.{name}"
        origin = "kernel" if g.kernel else "driver"
        if isinstance(g.type, List) and not g.length:
            return self.list_place(prefix, g.type.element)
        initial = g.initial
        if name == "irqs_off" and self.context is not None and self.context.level == "hardirq":
            initial = 1
        if name == "module_state" and self.program.flags["module"] == "absent":
            initial = self.program.constants["MODULE_LIVE"][0]
        if g.length:
            return self.array(prefix, g.type, g.length, initial, origin)
        place = self.plain_place(prefix, g.type, initial, origin)
        if g.storage == "param" and not self.builder.variables[prefix].free:
            self.builder.variables[prefix] = replace(self.builder.variables[prefix], free=True)
        return place

    def array(self, prefix: str, type: Type, length: int | str, initial: int, origin: str) -> ArrayPlace:
        """The elements of an array of scalars or lists."""
        if prefix not in self.builder.arrays:
            names = [f"{prefix}.{n}" for n in self.element_names(length)]
            self.builder.arrays[prefix] = ArrayPlace(
                tuple(self.list_place(n, type.element) for n in names)
                if isinstance(type, List)
                else tuple(self.plain_place(n, type, initial, origin) for n in names)
            )
        return self.builder.arrays[prefix]

    def element_names(self, length: int | str) -> list[str]:
        """Names of an array's elements: numbers, softirq vectors, contexts, or contexts and pools."""
        contexts = ["NONE", *(c.name for c in self.builder.contexts)]
        if length == "context":
            return contexts
        if length == "flusher":
            return [f"{c}.{p}" for c in contexts for p in range(self.pools())]
        vectors = self.program.enums["softirq_vector"].constants
        assert isinstance(length, int)
        return list(vectors) if length == len(vectors) else [str(n) for n in range(length)]

    def pools(self) -> int:
        """How many worker pools there are."""
        return pool_count(self.program.cpus, self.program.flags["bh_wq"] == "used")

    def plain_place(self, name: str, type: Type, initial: int, origin: str) -> Place:
        """The state variable of a scalar, declared if it is new; references are remembered as such."""
        if isinstance(type, Ref):
            self.builder.references[name] = type.element
        return Place(self.builder.scalar(name, type, initial, origin))

    def list_place(self, prefix: str, element: str) -> ListPlace:
        """The slots of a list: as many as there are objects, since an object is on it at most once."""
        objects = self.program.of_type(element)
        labels = ("-", *(o.name for o in objects))
        slots = []
        for n in range(len(objects)):
            name = f"{prefix}.{n}"
            slots.append(name)
            if name not in self.builder.variables:
                self.builder.add(Variable(name, 0, len(objects), 0, labels, origin="kernel"))
        return ListPlace(tuple(slots), element)

    def place(self, instance: Instance, member: str) -> Place | ListPlace | ArrayPlace:
        """The state variable of a member of a declared object."""
        key = instance.name, member
        if key not in self.builder.places:
            self.builder.places[key] = self._member_place(instance, member)
        return self.builder.places[key]

    def _member_place(self, instance: Instance, member: str) -> Place | ListPlace | ArrayPlace:
        type = self.program.types[instance.type]
        m = type.member(member)
        assert m is not None
        given = dict(instance.initial).get(member, m.initial)
        initial = 1 + self.program.handlers.index(given) if isinstance(given, str) else given
        kernel = not type.struct
        name = f"{instance.name}.{member}"
        origin = "ghost" if m.ghost else "kernel" if kernel else "driver"
        if m.length:
            return self.array(name, m.type, m.length, initial, origin)
        if isinstance(m.type, List):
            return self.list_place(name, m.type.element)
        self.plain_place(name, m.type, initial, origin)
        written = ""
        if type.struct and instance.heap:
            written = f"{name} written"
            self.builder.scalar(written, Bool(), 0, "ghost")
        return Place(name, written, instance.heap)

    def allocation(self, heap: str) -> str:
        """The variable that tells whether a heap object is allocated."""
        if heap not in self.builder.variables:
            labels = ("unallocated", "allocated", "freed")
            self.builder.add(Variable(heap, 0, 2, 0, labels, origin="kernel"))
        return heap

    def number(self, o: ObjectValue) -> int:
        """The number of an object in its type; 0 for NULL."""
        return self.program.instances[o.name].number if o.name else 0
