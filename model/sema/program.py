"""A spec with its kernel model, after names are resolved: what lowering starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from defercheck.grammar import tree
from defercheck.grammar.span import Span
from defercheck.sema.types import Enum, Type


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a struct or kernel type. ``handler`` is the function named in ``tasklet t(handler);``.

    ``length`` is 0 for a plain member, else the number of elements or the name of what indexes it. ``shadow`` members
    lie outside the object's memory.
    """

    name: str
    type: Type
    span: Span
    initial: int = 0
    handler: str = ""
    ghost: bool = False
    shadow: bool = False
    length: int | str = 0


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A kernel type (``tasklet``) or a driver's struct."""

    name: str
    members: tuple[Member, ...]
    span: Span
    struct: bool = False

    def member(self, name: str) -> Member | None:
        """The member of that name, if there is one."""
        for m in self.members:
            if m.name == name:
                return m
        return None


@dataclass(frozen=True, slots=True)
class Instance:
    """A declared object. ``heap`` is the name of the heap object that it is, or is embedded in; empty for static data.

    ``number`` counts the instances of its type from 1 (0 is NULL). ``initial`` overrides the members' initial values;
    ``handler`` is the function its declaration binds. ``stack`` objects live in the frame of a function.
    """

    name: str
    type: str
    number: int
    span: Span
    heap: str = ""
    handler: str = ""
    initial: tuple[tuple[str, int | str], ...] = ()
    arguments: tuple[str, ...] = ()
    stack: bool = False


@dataclass(frozen=True, slots=True)
class Global:
    """A variable at the top level; ``percpu`` ones exist once for each CPU, ``frame`` ones once for each context; a
    ``param`` has any value from the start on and keeps it.

    ``length`` is 0 for a plain variable, else the number of elements; ``index`` the enum that indexes it, if any.
    """

    name: str
    type: Type
    initial: int
    span: Span
    storage: tree.Storage = ""
    length: int | str = 0
    kernel: bool = False


@dataclass(frozen=True, slots=True)
class ContextDef:
    """A context that a spec or the kernel model declares, with the body that it executes.

    ``line`` is what an interrupt says beside its handler: whether it is a level line, whether its ``times`` are
    promised, the condition while which it fires.

    ``after`` are the threads that must have ended before it starts. ``start`` is what has happened already when all
    others begin.
    """

    kind: Literal["irq", "thread", "softirq", "module", "start", "device"]
    name: str
    span: Span
    body: tree.Block | None
    cpu: int | None = None
    each_cpu: bool = False
    times: int | None = None
    parameter: tuple[str, str] | None = None
    kernel: bool = False
    after: tuple[str, ...] = ()
    priority: int = 0
    line: tree.Line = tree.NO_LINE


@dataclass(frozen=True, slots=True)
class Program:
    """A resolved spec for one kernel version and number of CPUs.

    ``functions`` maps a name to its overloads, told apart by the type of their first parameter. ``handlers`` are the
    functions that may be called through a pointer, in the order of their numbers (from 1; 0 is NULL); ``handled`` has
    the types of the objects that may call one, unless any may.
    ``flags`` are the kernel version's flags and the spec's options.
    """

    spec: tree.SpecFile
    kernel_files: tuple[tree.SpecFile, ...]
    version: str
    cpus: int
    flags: dict[str, str]
    enums: dict[str, Enum]
    constants: dict[str, tuple[int, Enum | None]]
    types: dict[str, ObjectType]
    instances: dict[str, Instance]
    globals: dict[str, Global]
    functions: dict[str, tuple[tree.FunctionDecl, ...]]
    handlers: tuple[str, ...]
    handled: dict[str, frozenset[str]]
    contexts: tuple[ContextDef, ...]
    properties: tuple[tree.PropertyDecl, ...]
    lemmas: tuple[tree.PropertyDecl, ...]
    ghost_limit: int

    def _is(self, i: Instance, type: str) -> bool:
        if type in ("object", "resource") and self.types[i.type].struct and i.heap:
            return True
        return i.type == type or (type == "resource" and i.type in ("irq", "devm_action"))

    def of_type(self, name: str, within: str = "") -> list[Instance]:
        """The instances of a type (``object`` for every heap object, which a static struct is none of, ``resource`` for
        those, interrupt lines and actions), all of them or those within a heap object."""
        return [
            i
            for i in self.instances.values()
            if self._is(i, name) and (not within or i.name == within or i.name.startswith(within + "."))
        ]
