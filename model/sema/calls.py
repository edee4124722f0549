"""Calls: whether there is such a function, whether it may be called there, and whether its arguments fit."""

from __future__ import annotations

from defercheck.grammar import tree
from defercheck.sema.expressions import Expressions
from defercheck.sema.scope import Scope
from defercheck.sema.shape import callee_name
from defercheck.sema.signatures import Expected, Signature
from defercheck.sema.typed import UNKNOWN, AnyType, Array, Null, Text, Typed, called, kind_of, misfit
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
    Type,
    Void,
)
from defercheck.sema.walk import walk
from defercheck.sema.words import INTERNAL, MACHINE, PUBLIC, QUIET


class Calls(Expressions):
    """Checks expressions, calls among them."""

    def call(self, e: tree.CallExpr, scope: Scope) -> Typed:
        """Check a call; its result."""
        name = callee_name(e)
        if not name:
            return self.indirect(e, scope)
        span = e.callee.span
        if scope.find(name) is not None:
            self.names.unknown_call(name, span, scope)
            return self.abandon(e, scope)
        if name in QUIET:
            return self.printed(e, scope)
        if name in MACHINE and (scope.frame.kernel or name in PUBLIC):
            return self.word(name, e, scope) if self.placed(name, e, scope) else self.abandon(e, scope)
        own = self.program.functions.get(name, ())
        if not own or (name in self.program.instances and not scope.frame.kernel):
            if name in MACHINE:
                self.names.reserved(name, span)
            else:
                self.names.unknown_call(name, span, scope)
            return self.abandon(e, scope)
        if name in INTERNAL and own[0].name.span.source.kernel and not scope.frame.kernel:
            self.names.reserved(name, span)
            return self.abandon(e, scope)
        if own[0].name.span.source.kernel:
            self.names.there(name, span, scope)
        if not self.placed(name, e, scope):
            return self.abandon(e, scope)
        return self.declared(name, own, e, scope)

    def abandon(self, e: tree.CallExpr, scope: Scope) -> Typed:
        """Look at the arguments of a call that is wrong, for what is wrong with them too."""
        for a in e.arguments:
            self.typed(bare(a), scope)
        return UNKNOWN

    def indirect(self, e: tree.CallExpr, scope: Scope) -> Typed:
        """A call through a member that holds a function."""
        if not scope.frame.kernel:
            text = e.callee.span.text
            help = "call the function by its name"
            self.complaints.add(f"`{text}` cannot be called", e.callee.span, "not the name of a function", help)
            return self.abandon(e, scope)
        found = self.typed(e.callee, scope)
        self.abandon(e, scope)
        if found.type is not None and not (isinstance(found.type, Function) and isinstance(e.callee, tree.Field)):
            return self.wrong(f"{called(found)} cannot be called", e.callee)
        return UNKNOWN  # what the driver's function returns

    def placed(self, name: str, e: tree.CallExpr, scope: Scope) -> bool:
        """Check that a call may stand where it stands."""
        frame = scope.frame
        if frame.property:
            if not self.steps.looks(e):
                help = "observers are `pending(t)`, `running(t)`, `runs(t)` and functions that only return a value"
                label = f"`{name}` does more than look"
                self.complaints.add("a property can only look at the state", e.span, label, help)
                return False
            if self.steps.contextual(e) and not frame.kernel:  # a lemma is meant of each CPU
                help = "set a variable where it matters, and look at that"
                label = "its answer depends on the context that asks, and a property has none"
                self.complaints.add(f"`{name}` cannot be asked in a property", e.span, label, help)
                return False
        elif frame.atomic and not frame.kernel and self.steps.several(e):
            help = "call it before or after the block"
            label = "others can come in between its steps"
            self.complaints.add(f"`{name}` takes several steps and cannot be called in `atomic`", e.span, label, help)
            return False
        return True

    # ---- declared functions ----

    def declared(self, name: str, overloads: tuple[tree.FunctionDecl, ...], e: tree.CallExpr, scope: Scope) -> Typed:
        """A call of a function of the spec or the kernel model."""
        fitting = [f for f in overloads if len(f.parameters) == len(e.arguments)] or list(overloads)
        signatures = [self.types.signature(f) for f in fitting]
        first = self.peek(e, scope) if len(signatures) > 1 else None
        if first == Object("resource"):  # which it is decides which function is meant, as the spec runs
            return self.result(signatures[0])
        chosen = next((s for s in signatures if s.parameters and s.parameters[0].type == first), signatures[0])
        if self.deviceless(name, e, chosen, scope):
            return self.result(chosen)
        given = e.arguments
        if len(given) + 1 == len(chosen.parameters) and self.handler_declared(name, e, chosen, scope):
            return self.result(chosen)
        if len(given) == len(chosen.parameters) + 1 and takes_data(chosen):
            self.typed(bare(given[-1]), scope)
            given = given[:-1]
        if len(chosen.parameters) != len(given):
            self.count(name, len(chosen.parameters), e, chosen)
            return self.abandon(e, scope) if len(signatures) > 1 else self.result(chosen)
        if len(signatures) > 1 and first is not None and chosen.parameters and chosen.parameters[0].type != first:
            kinds = " or ".join(kind_of(s.parameters[0].type) for s in signatures if s.parameters)
            found = self.typed(bare(e.arguments[0]), scope)
            self.wrong(f"`{name}` takes {kinds}, found {called(found)}", e.arguments[0])
            return self.result(chosen)
        for argument, parameter in zip(given, chosen.parameters, strict=True):
            self.argument(name, argument, parameter, chosen, scope)
        self.handled(given, chosen, scope)
        if isinstance(chosen.result, Object) and chosen.result.name == "object":  # one like the first argument
            return self.typed(bare(given[0]), scope)
        return self.result(chosen)

    def handled(self, given: tuple[tree.Expr, ...], s: Signature, scope: Scope) -> None:
        """A handler's parameter is what the kernel calls it for: `INIT_WORK(&w, f)` with a `struct work_struct *`."""
        if not takes_data(s) or not given or not isinstance(given[-1], tree.NameExpr) or scope.frame.kernel:
            return
        owner = self.typed(bare(given[0]), scope).type
        if isinstance(owner, Object):
            self.names.handles(given[-1].name, owner.name, given[-1].span)

    def handler_declared(self, name: str, e: tree.CallExpr, s: Signature, scope: Scope) -> bool:
        """Whether a call leaves out its last argument, the handler: the object's declaration must name one then."""
        if not takes_data(s) or len(e.arguments) != 1:
            return False
        found = self.typed(bare(e.arguments[0]), scope)
        if found.type is None:
            return True
        instance = self.program.instances.get(found.name)
        if instance is None:
            return False
        wanted = s.parameters[0].type
        if wanted is not None and misfit(wanted, found, self.program):
            return False
        if not instance.handler:
            short = found.name.rpartition(".")[2]
            given = f"`{name}({e.arguments[0].span.text}, handler)`"
            help = f"write {given}, or declare it `{instance.type} {short}(handler);`"
            text = f"`{name}` needs the handler of {found.noun}"
            self.complaints.add(text, e.span, "neither given here nor named in its declaration", help, (s.note,))
        return True

    def deviceless(self, name: str, e: tree.CallExpr, s: Signature, scope: Scope) -> bool:
        """Whether a `devm_` call leaves out the device that it belongs to, which is complained about."""
        at = next((n for n, p in enumerate(s.parameters) if p.type == Object("managed_device")), None)
        if at is None or scope.frame.kernel or not e.arguments:
            return False
        there = self.typed(bare(e.arguments[at]), scope).type if at < len(e.arguments) else Void()
        if there is None or there == Object("managed_device"):
            return False
        own = next((i.name for i in self.program.instances.values() if i.type == "managed_device"), None)
        place = "first" if at == 0 else "after the object"
        help = f"name it {place}: `{name}({'..., ' * at}&{own or 'pdev'}, ...)`"
        declared = "" if own else "; declare it: `device pdev { probe { ... } remove { ... } }`"
        text = f"`{name}` needs the device whose going releases what it acquires"
        self.complaints.add(text, e.span, "no device is given", help + declared, (s.note,))
        return True

    def peek(self, e: tree.CallExpr, scope: Scope) -> object:
        """The type of the first argument, which chooses the overload."""
        return self.typed(bare(e.arguments[0]), scope).type if e.arguments else None

    @staticmethod
    def result(s: Signature) -> Typed:
        return Typed(s.result)

    def count(self, name: str, wanted: int, e: tree.CallExpr, s: Signature) -> None:
        """Complain about the number of arguments."""
        given = len(e.arguments)
        takes = f"{wanted} argument{'s' if wanted != 1 else ''}" if wanted else "no arguments"
        self.complaints.add(f"`{name}` takes {takes}, {given} given", e.span, notes=(s.note,))

    def argument(self, name: str, e: tree.Expr, p: Expected, s: Signature, scope: Scope) -> None:
        """Check one argument."""
        if p.out:
            self.variable(e, p.type, p.name, s, scope)
            return
        if isinstance(p.type, Condition):
            self.waited_for(name, e, scope)
            return
        inner = bare(e) if isinstance(p.type, Opaque) else e
        found = self.typed(inner, scope)
        if p.type is None or found.type is None:
            return
        wanted = Number() if isinstance(p.type, Opaque) and isinstance(found.type, Function) else p.type
        problem = misfit(wanted, found, self.program)
        if problem is not None:
            self.complaints.add(problem.message, e.span, problem.label, problem.help, (s.note,))

    def waited_for(self, name: str, e: tree.Expr, scope: Scope) -> None:
        """Check a condition that the callee evaluates, again and again and each time at once."""
        self.condition(e, scope)
        for c in walk(e):
            if isinstance(c, tree.CallExpr) and callee_name(c) and not self.steps.within_step(c):
                help = "wait for a variable, which what happens in between sets"
                text = f"`{callee_name(c)}` takes steps and cannot be what `{name}` waits for"
                self.complaints.add(text, c.span, "evaluated again each time it is woken", help)

    def variable(self, e: tree.Expr, type: Type | None, name: str, s: Signature, scope: Scope) -> None:
        """Check the argument for an ``out`` parameter: a variable that the callee can assign."""
        inner = bare(e)
        found = self.typed(inner, scope)
        if found.type is None or type is None:
            return
        local = scope.find(inner.name) if isinstance(inner, tree.NameExpr) else None
        if local is not None and local.kind == "parameter" and not isinstance(type, List):
            help = f"declare the parameter `out bool {local.span.text}`, so that it stands for the caller's variable"
            label = "this function cannot change the caller's variable through it"
            self.complaints.add(f"{found.noun} is only a copy", e.span, label, help, (s.note,))
        elif not found.place and not isinstance(type, List):
            saved = isinstance(type, Bool) and name == "flags"  # of local_irq_save and its like
            kind = "an `unsigned long` variable" if saved else kind_of(type)
            help = f"declare `unsigned long {name};` and pass that" if saved else ""
            text = f"expected {kind}, found {called(found)}"
            self.complaints.add(text, e.span, "this cannot be assigned", help, (s.note,))
        elif not holds(found.type, type):
            help = "declare it with a range, `int<0..7>`, or as `bool`" if isinstance(found.type, Opaque) else ""
            text = f"expected {kind_of(type)}, found {called(found)}"
            self.complaints.add(text, e.span, kind_of(found.type), help, (s.note,))

    # ---- words of the machine ----

    def printed(self, e: tree.CallExpr, scope: Scope) -> Typed:
        """Output takes anything that has a value."""
        if scope.frame.property:
            self.wrong("a property can only look at the state", e, "this prints")
        for a in e.arguments:
            found = self.typed(bare(a), scope)
            if isinstance(found.type, Void):
                self.wrong("there is nothing to print", a, f"this is {kind_of(found.type)}")
            elif found.type is not None and found.fixed.startswith("a whole array"):
                self.wrong("a whole array has no value", a, "", "print its elements")
        return Typed(Void())

    def word(self, name: str, e: tree.CallExpr, scope: Scope) -> Typed:
        """A word of the machine."""
        w = MACHINE[name]
        if name == "container_of":
            return self.container(e, scope)
        if len(w.takes) != len(e.arguments):
            wanted = len(w.takes)
            self.wrong(f"`{name}` takes {wanted} argument{'s' if wanted != 1 else ''}, {len(e.arguments)} given", e)
            return self.abandon(e, scope)
        element: Type | None = None
        same: Typed = UNKNOWN
        for kind, a in zip(w.takes, e.arguments, strict=True):
            found = self.typed(bare(a), scope)
            if found.type is None:
                continue
            if kind == "any":
                same = Typed(found.type)
            if kind == "same":
                self.held(same.type, found, a)
                continue
            if isinstance(found.type, List):
                element = Object(found.type.element)
            if not self.suits(kind, found):
                label = kind_of(found.type) if found.noun else ""
                self.wrong(f"expected {WANTED[kind]}, found {called(found)}", a, label)
        if w.result == "same":
            return same
        results: dict[str, Type | None] = {
            "": Void(), "bool": Bool(), "number": Number(), "element": element, "object": Object("object"),
        }  # fmt: skip
        return Typed(results[w.result])

    def container(self, e: tree.CallExpr, scope: Scope) -> Typed:
        """``container_of(pointer, struct device, member)``: the object that another lies in."""
        if len(e.arguments) != 3 or not isinstance(e.arguments[1], tree.TypeArgument):
            return self.wrong("this is no `container_of`", e, help="write `container_of(w, struct device, member)`")
        type = self.types.quietly(e.arguments[1].type)
        found = self.typed(bare(e.arguments[0]), scope)
        if not isinstance(type, Object):
            text = e.arguments[1].span.text
            return self.wrong(f"there is no type `{text}`", e.arguments[1], "not declared")
        inner: Type | None = type
        for part in path_of(e.arguments[2]):
            kind = self.program.types.get(inner.name) if isinstance(inner, Object) else None
            member = kind.member(part) if kind is not None else None
            inner = member.type if member is not None else None
        if inner is None:
            text = f"`{e.arguments[2].span.text}` is no member of {e.arguments[1].span.text}"
            return self.wrong(text, e.arguments[2], "unknown member")
        if isinstance(found.type, Object) and found.type != inner:
            text = f"`{e.arguments[2].span.text}` is {kind_of(inner)}"
            return self.wrong(text, e.arguments[2], f"the pointer is one to {kind_of(found.type)}")
        return Typed(type, f"the {type.name} `{e.span.text}`", fixed="an object")

    def held(self, type: AnyType | None, found: Typed, e: tree.Expr) -> None:
        """Check a value that a variable of a type is given."""
        if type is None or isinstance(type, Array | Null | Text):
            return
        problem = misfit(type, found, self.program)
        if problem is not None:
            self.complaints.add(problem.message, e.span, problem.label, problem.help)

    def suits(self, kind: str, found: Typed) -> bool:
        """Whether an argument is what a word takes."""
        match kind:
            case "bool":
                return isinstance(found.type, Bool)
            case "number":
                return isinstance(found.type, Int | Number)
            case "context" | "index":
                return isinstance(found.type, ContextRef)
            case "object":
                return isinstance(found.type, Object)
            case "heap":
                return isinstance(found.type, Object) and misfit(Object("object"), found, self.program) is None
            case "list":
                return isinstance(found.type, List)
            case "flag":
                return isinstance(found.type, Bool) and found.place
            case "place" | "any":
                return found.place
            case "vector":
                return isinstance(found.type, Enum) and found.type.name == "softirq_vector"
        return isinstance(found.type, Object) and found.type.name == kind


WANTED = {
    "bool": "a bool", "number": "a number", "context": "a context", "object": "an object", "irq": "an irq",
    "heap": "a heap object (an instance of a struct)", "list": "a list", "flag": "a bool variable",
    "place": "a variable", "any": "a variable", "vector": "a softirq", "index": "a context",
}  # fmt: skip


def holds(found: object, wanted: Type) -> bool:
    """Whether a variable of one type can stand for an ``out`` parameter of another."""
    if isinstance(wanted, Bool):
        return isinstance(found, Bool | Opaque) or (isinstance(found, Int) and found.lo <= 0 and found.hi >= 1)
    if isinstance(wanted, Int | Number):
        return isinstance(found, Int | Number)
    return found == wanted


def path_of(e: tree.Expr) -> list[str]:
    """``["poll", "work"]`` for ``poll.work``."""
    match e:
        case tree.NameExpr():
            return [e.name]
        case tree.Field():
            return [*path_of(e.base), e.name.text]
    return [e.span.text]


def takes_data(s: Signature) -> bool:
    """Whether kernels had another argument behind the handler, which it was called with; the model ignores it."""
    return s.span.source.kernel and bool(s.parameters) and isinstance(s.parameters[-1].type, Function)


def bare(e: tree.Expr) -> tree.Expr:
    """An expression without the ``&`` before it."""
    return e.operand if isinstance(e, tree.Unary) and e.op == "&" else e


__all__ = ["Calls", "bare"]
