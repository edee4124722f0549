"""What names stand for while a spec is being compiled.

Objects, lists and lvalues are known at compile time: code is specialised for them, so that a location of a
compiled context knows which tasklet it handles and the state holds no pointers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from defercheck.grammar import tree
from defercheck.system.expr import Const, Expr, Op, Var


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """A declared object by its name, or NULL when the name is empty."""

    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """A state variable that can be assigned: a variable, a member, an element."""

    variable: str
    written: str = ""
    """The variable that remembers whether this member was written since its object was allocated, if one does."""
    heap: str = ""
    """The heap object that it lies in, if any."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A FIFO of objects: one state variable a slot, 0 for empty, else the number of the object in its type."""

    slots: tuple[str, ...]
    element: str


@dataclass(frozen=True, slots=True)
class ArrayPlace:
    """The elements of an array, in order."""

    elements: tuple[Place | ListPlace, ...]


@dataclass(frozen=True, slots=True)
class Thunk:
    """An expression that is evaluated where the callee uses it, in the caller's bindings (``env``)."""

    expr: tree.Expr = field(compare=False)
    env: Env = field(compare=False)
    key: tuple[int, frozenset]


NULL = ObjectValue("")
Value: TypeAlias = Expr | ObjectValue | Place | ListPlace | ArrayPlace | Thunk
Env = dict[str, Value]
"""Bindings of one function's activation; never changed in place."""


def plain(v: Value) -> Expr:
    """A value that is a number or truth value, as everything that was loaded is unless it names an object."""
    assert isinstance(v, Const | Var | Op), v
    return v


def env_key(env: Env) -> frozenset:
    """A hashable form of an environment."""
    return frozenset(env.items())


def thunk(expr: tree.Expr, env: Env) -> Thunk:
    """An argument that is not evaluated yet."""
    return Thunk(expr, env, (id(expr), env_key(env)))


def state_variables(place: Place | ListPlace | ArrayPlace) -> list[str]:
    """The state variables behind a place."""
    match place:
        case Place():
            return [place.variable]
        case ListPlace():
            return list(place.slots)
    return [v for e in place.elements for v in state_variables(e)]
