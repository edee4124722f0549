"""Types as written, resolved."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.constants import ALIASES, constant, pool_count, suggest
from defercheck.sema.program import ObjectType
from defercheck.sema.types import (
    Bool,
    Condition,
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
from defercheck.sema.unmodelled import type_help

MAX_RANGE = 1 << 31
COUNTS = {"atomic_t": Int(-1, 15), "atomic64_t": Int(-1, 15), "atomic_long_t": Int(-1, 15), "refcount_t": Int(0, 15)}
"""The kernel's atomic numbers, with the range that they have where none is written."""

LOCAL_INT = Int(-4095, 4095)
"""The range of a local `int` that is given none: the kernel's error numbers, and more than a finite spec counts."""

UNSIGNED_INT = Int(0, 4095)
"""As ``LOCAL_INT``, for what is declared unsigned outside of functions."""

_OPAQUE = ("unsigned long", "ktime_t", "gfp_t", "dma_addr_t", "resource_size_t", "loff_t", "uintptr_t")
"""Times, flags of the kernel's, addresses: nobody looks at what they hold."""
_SIGNED = ("s8", "s16", "s32", "s64", "ssize_t", "int8_t", "int16_t", "int32_t", "int64_t")
_UNSIGNED = (
    "u8",
    "u16",
    "u32",
    "u64",
    "size_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "__u8",
    "__u16",
    "__u32",
)
_INTEGERS = frozenset({"int", "unsigned", "signed", "long", "short", "char"})
_KERNELS_OWN = frozenset({
    "condition", "cpu", "pool", "counter", "object", "resource", "context", "function", "unsigned long",
})  # fmt: skip


def bounds_of(type: Type) -> tuple[int, int]:
    """The least and greatest value of a scalar type; wide for types without range."""
    match type:
        case Int(lo=lo, hi=hi):
            return lo, hi
        case Bool():
            return 0, 1
        case Enum(constants=constants):
            return 0, len(constants) - 1
    return -MAX_RANGE, MAX_RANGE


def ranged(type: Type, t: tree.TypeExpr, bits: bool) -> Type:
    """The type of a variable or member of a driver's that is declared as a plain C number, which has a range here:
    as wide as that of a local ``int``. ``bits``: it is a word of bits, whose value matters whatever it is."""
    if isinstance(type, Opaque) and bits:
        return UNSIGNED_INT
    if not isinstance(type, Number):
        return type
    name = t.name if isinstance(t, tree.NamedType) else ""
    return UNSIGNED_INT if name in _UNSIGNED or name.split()[0] == "unsigned" else LOCAL_INT


def resolve_type(
    t: tree.TypeExpr, enums: dict[str, Enum], types: dict[str, ObjectType], values: dict[str, int], ghost_limit: int = 1
) -> Type:
    """The meaning of a type as written. ``SpecError`` when there is no such type or its range is empty or too wide."""
    match t:
        case tree.IntType(name=name) if name != "int" and name not in COUNTS:
            near = suggest(name, COUNTS) or "only `int`, `atomic_t` and `refcount_t` have a range"
            raise SpecError(Diagnostic(f"`{name}` has no range", t.span, help=near))
        case tree.IntType():
            lo, hi = constant(t.lo, values), constant(t.hi, values)
            if lo > hi:
                raise SpecError(
                    Diagnostic(f"the range {lo}..{hi} is empty", t.span, help=f"write {t.name}<{hi}..{lo}>")
                )
            if hi - lo >= MAX_RANGE:
                raise SpecError(Diagnostic(f"the range {lo}..{hi} is too wide", t.span, help="use at most 2^31 values"))
            return Int(lo, hi)
        case tree.ListType():
            return List(t.element.name)
        case tree.RefType():
            return Ref(t.element.name)
    cpus, bh = values.get("HIGHPRI_POOL", 0), values.get("BH_POOL", 0) > 0
    builtin: dict[str, Type] = {
        "bool": Bool(), "void": Void(), "int": Number(), "function": Function(),
        "context": ContextRef(), "object": Object("object"), "resource": Object("resource"),
        "counter": Int(0, ghost_limit),
        "condition": Condition(), "cpu": Int(0, max(cpus - 1, 0)), "pool": Int(0, pool_count(cpus, bh) - 1),
        **COUNTS, **dict.fromkeys(_OPAQUE, Opaque()), **dict.fromkeys((*_SIGNED, *_UNSIGNED), Number()),
    }  # fmt: skip
    words = t.name.split()
    if t.keyword == "" and set(words) <= _INTEGERS:
        return Opaque() if words[0] == "unsigned" and "long" in words else Number()
    name = ALIASES.get(t.name, t.name)
    if name in builtin and t.keyword == "":
        return builtin[name]
    if name in enums and t.keyword != "struct":
        return enums[name]
    if name in types and t.keyword != "enum":
        return Object(name)
    shown = f"{t.keyword} {t.name}".strip()
    missing = type_help(t.name)
    if missing is not None:
        raise SpecError(Diagnostic(f"`{shown}` is not modelled", t.span, "", missing))
    if name in enums or name in types:
        word = "an enum" if name in enums else "a struct" if types[name].struct else "a type"
        raise SpecError(Diagnostic(f"there is no `{shown}`", t.span, f"`{t.name}` is {word}"))
    near = suggest(t.name, [*(b for b in builtin if b not in _KERNELS_OWN), *enums, *types, *ALIASES])
    help = near or "types: bool, int<lo..hi>, enums, tasklet, spinlock, mutex and the structs of this spec"
    raise SpecError(Diagnostic(f"there is no type `{shown}`", t.span, "unknown type", help))
