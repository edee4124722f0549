"""What an expression is, for the checker: its type, its value where that is constant, and how messages call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from defercheck.sema.program import Program
from defercheck.sema.types import (
    Bool,
    ContextRef,
    Enum,
    Function,
    Int,
    List,
    Number,
    Object,
    Opaque,
    Ref,
    Type,
    Void,
)

WIDE = 1 << 31
"""Bound on numbers whose range is not declared, and on what can be declared."""


@dataclass(frozen=True, slots=True)
class Array:
    """A whole array; ``length`` is the name of what indexes it where only the machine knows how many there are."""

    element: Type
    length: int | str


@dataclass(frozen=True, slots=True)
class Null:
    """``NULL``, of any object's or function's type."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""


AnyType = Union[Type, Array, Null, Text]  # noqa: UP007 - mypy takes the other form for a variable


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression. ``type`` is ``None`` when it is wrong and was complained about already.

    ``noun`` is how messages call it (``the spinlock `l```); ``place`` whether it can be assigned, and ``fixed`` why
    not, where there is more to say; ``name`` the declared object or function that it names.
    """

    type: AnyType | None
    noun: str = ""
    value: int | None = None
    place: bool = False
    fixed: str = ""
    name: str = ""


UNKNOWN = Typed(None)


def article(words: str) -> str:
    """The words with ``a`` or ``an`` before them."""
    bare = words.lstrip("`")
    return f"{'an' if bare[:1] in 'aeiou' else 'a'} {words}"


def shown(found: Typed) -> str:
    """An expression's type for the place under the caret; a constant is just a number."""
    return "a number" if found.value is not None and isinstance(found.type, Int) else kind_of(found.type)


def kind_of(type: AnyType | None) -> str:
    """A type as messages say it, with its article: ``a tasklet``, ``an enum state``."""
    match type:
        case Number():
            return "a number"
        case Int(lo=lo, hi=hi):
            return f"a number of {lo}..{hi}"
        case Object(name="object"):
            return "a heap object (an instance of a struct)"
        case Opaque():
            return "an `unsigned long`"
        case Array():
            return "a whole array"
        case Null():
            return "NULL"
        case Text():
            return "a string"
        case Void():
            return "nothing"
        case ContextRef():
            return "a context"
        case Ref(element=name):
            return f"a reference to {article(name)}"
        case None:
            return "something"
    return article(str(type))


def called(found: Typed) -> str:
    """How messages call an expression: by its name, else by its type."""
    return found.noun or kind_of(found.type)


def range_of(type: AnyType | None) -> tuple[int, int] | None:
    """The least and greatest value of a number; ``None`` for what is no number."""
    match type:
        case Int(lo=lo, hi=hi):
            return lo, hi
        case Number():
            return -WIDE, WIDE
    return None


def truthy(type: AnyType | None) -> bool:
    """Whether C takes it as a condition."""
    return type is None or isinstance(type, Bool | Int | Number | Enum | Object | Function | Ref | Null)


def wanted(target: Type, program: Program) -> str:
    """As ``kind_of``, for what is expected: a driver's struct is called one."""
    struct = isinstance(target, Object) and target.name in program.types and program.types[target.name].struct
    return f"a struct {target}" if struct else kind_of(target)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value cannot be where it is: the message, what stands under the caret, the remedy."""

    message: str
    label: str = ""
    help: str = ""


def misfit(target: Type, found: Typed, program: Program) -> Misfit | None:
    """Why a value of one type cannot be given to another; ``None`` when it can.

    Where C is liberal and nothing is lost, so is this: 0 and 1 are truth values, an ``int`` result goes anywhere where
    a number goes (the range is checked as the spec runs).
    """
    match target, found.type:
        case _, None:
            return None
        case Opaque(), Void() | Array() | List():
            pass
        case Opaque(), _:
            return None
        case Int() | Number(), Int() | Number() | Bool():
            return _outside(target, found) if isinstance(target, Int) else None
        case Number(), Enum():
            return None
        case Bool(), Bool() | Number() | Object():
            return None
        case Bool(), Int(lo=lo, hi=hi):
            if lo >= 0 and hi <= 1:
                return None
            if found.value is not None:
                return Misfit(f"a bool cannot be {found.value}", "neither true nor false", "use `true` or `false`")
            help = "compare it: a bool is what `!= 0` gives"
            return Misfit(f"expected a bool, found {called(found)}", f"{kind_of(found.type)}", help)
        case Enum(), Enum() if target == found.type:
            return None
        case Enum(constants=constants), _:
            shown = ", ".join(constants[:6]) + (", ..." if len(constants) > 6 else "")
            return Misfit(
                f"expected {wanted(target, program)}, found {called(found)}", _unlike(found), f"one of {shown}"
            )
        case Function(), Function() | Null():
            return None
        case Object(name="object"), Object(name=name) if name == "object" or program.types[name].struct:
            return None
        case Object(), Object() if target == found.type:
            return None
        case Object(), Null():
            return None
        case (Ref(element=x), Object(name=y)) | (Object(name=x), Ref(element=y)) if x == y:
            return None
        case Ref(), Null() | Ref():
            return None
        case Object(), Opaque():
            help = "the model does not follow pointers through integers: name the object itself"
            return Misfit(f"expected {wanted(target, program)}, found {called(found)}", kind_of(found.type), help)
        case ContextRef(), ContextRef():
            return None
        case List(), List() if target == found.type:
            return None
    return Misfit(
        f"expected {wanted(target, program)}, found {called(found)}", _unlike(found), _remedy(target, found, program)
    )


def _outside(target: Int, found: Typed) -> Misfit | None:
    lo, hi = range_of(found.type) or (0, 1)
    if found.value is not None and not target.lo <= found.value <= target.hi:
        text = f"{found.value} is outside {target}"
        return Misfit(text, f"the range is {target.lo}..{target.hi}", "choose another value, or declare a wider range")
    if hi < target.lo or target.hi < lo:
        return Misfit(f"this is always outside {target}", f"between {lo} and {hi}")
    return None


def _unlike(found: Typed) -> str:
    """What stands under the caret: the type, unless the noun says it already."""
    text = shown(found)
    return "" if not found.noun or text.removeprefix("a ").removeprefix("an ").split("(")[0] in found.noun else text


def _remedy(target: Type, found: Typed, program: Program) -> str:
    """The object that was probably meant where a neighbour of it stands."""
    instances = program.instances
    match target, found.type:
        case Object(name=kind), Function() if found.name:
            owner = next((i for i in instances.values() if i.handler == found.name and i.type == kind), None)
            return f"did you mean the {kind} `{owner.name}`, whose handler it is?" if owner else ""
        case Object(name=kind), Object() if found.name in instances:
            inside = [i.name for i in instances.values() if i.name.startswith(found.name + ".") and i.type == kind]
            if inside:
                return f"did you mean `{inside[0]}`?"
            heap = instances[found.name].heap
            if kind == "object" and heap and heap != found.name:
                return f"did you mean `{heap}`, which it lies in?"
            if kind == "object":
                return (
                    f"it is static; only instances of a struct (`struct s {{ {found.type} ...; }} name;`) are allocated"
                )
        case Function(), Object() if found.name in instances and instances[found.name].handler:
            return f"did you mean its handler `{instances[found.name].handler}`?"
        case Bool() | Int() | Number(), Function() if found.name:
            return f"call it: `{found.name}(...)`"
        case _, Void():
            return "the call gives no value"
        case _, Opaque():
            return "declare it with a range, `int<0..7>`, or as `bool`, to have its value followed"
    return ""
