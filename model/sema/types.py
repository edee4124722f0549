"""Types of the language, resolved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bool:
    """Truth values."""

    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True, slots=True)
class Int:
    """Integers ``lo..hi``, both included."""

    lo: int
    hi: int

    def __str__(self) -> str:
        return f"int<{self.lo}..{self.hi}>"


@dataclass(frozen=True, slots=True)
class Enum:
    """An enumeration; its constants are 0, 1, ... in order."""

    name: str
    constants: tuple[str, ...]

    def __str__(self) -> str:
        return f"enum {self.name}"


@dataclass(frozen=True, slots=True)
class Function:
    """A reference to a function of the driver (a handler), or NULL."""

    def __str__(self) -> str:
        return "function"


@dataclass(frozen=True, slots=True)
class ContextRef:
    """Which context holds something: NONE or one of the system's contexts."""

    def __str__(self) -> str:
        return "context"


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a kernel type (``tasklet``), of a driver's struct, or (``name == "object"``) any heap object."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class List:
    """A FIFO of objects of one kernel type."""

    element: str

    def __str__(self) -> str:
        return f"list<{self.element}>"


@dataclass(frozen=True, slots=True)
class Ref:
    """One of the declared objects of a kernel type, or NULL."""

    element: str

    def __str__(self) -> str:
        return f"ref<{self.element}>"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that the callee evaluates anew each time, in the caller's terms: ``wait_event``'s second argument."""

    def __str__(self) -> str:
        return "condition"


@dataclass(frozen=True, slots=True)
class Void:
    """No value."""

    def __str__(self) -> str:
        return "void"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that the model does not look at: a handler's ``unsigned long data``, a string."""

    def __str__(self) -> str:
        return "unsigned long"


@dataclass(frozen=True, slots=True)
class Number:
    """An ``int`` without a range: a function's result, such as an error code."""

    def __str__(self) -> str:
        return "int"


Scalar = Bool | Int | Enum | Function | ContextRef | Ref
Type = Scalar | Object | List | Condition | Void | Opaque | Number
