"""Kernel versions and their flags."""

from __future__ import annotations

import re
from collections.abc import Iterable

from defercheck.grammar import tree
from defercheck.grammar.span import Diagnostic, SpecError
from defercheck.sema.constants import suggest


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def known(kernel: Iterable[tree.SpecFile]) -> list[str]:
    """The versions that the model lists, oldest first."""
    return sorted((i.name.value for f in kernel for i in f.items if isinstance(i, tree.VersionDecl)), key=_key)


def flags(
    version: tree.StringLiteral | str, kernel: Iterable[tree.SpecFile], options: Iterable[tree.OptionDecl]
) -> dict[str, str]:
    """The flags that a kernel version and the spec's options give.

    A version that the model does not list has the flags of the newest listed one before it. ``SpecError`` when the
    version is older than all listed, is no version, or when an option or its value is unknown.
    """
    text, span = (version, None) if isinstance(version, str) else (version.value, version.span)
    table = {i.name.value: i for f in kernel for i in f.items if isinstance(i, tree.VersionDecl)}
    known = sorted(table, key=_key)
    listed = "the model knows " + ", ".join(known)
    if not re.fullmatch(r"\d+(\.\d+)+", text):
        raise SpecError(Diagnostic(f'"{text}" is not a kernel version', span, help=f'write it as "6.1"; {listed}'))
    older = [v for v in known if _key(v) <= _key(text)]
    if not older:
        raise SpecError(Diagnostic(f"no kernel as old as {text} is modelled", span, help=listed))
    result = {name.text: value.text for name, value in table[older[-1]].settings}
    defaults = {i.name.text: i.value.text for f in kernel for i in f.items if isinstance(i, tree.OptionDecl)}
    result |= defaults
    for option in options:
        if option.name.text not in defaults:
            raise SpecError(
                Diagnostic(
                    f"there is no option `{option.name}`",
                    option.name.span,
                    help=suggest(option.name.text, defaults) or "options: " + ", ".join(sorted(defaults)),
                )
            )
        values = choices(option.name.text, kernel)
        if option.value.text not in values:
            raise SpecError(
                Diagnostic(
                    f"option `{option.name}` cannot be `{option.value}`",
                    option.value.span,
                    help=suggest(option.value.text, values) or "it can be " + ", ".join(sorted(values)),
                )
            )
        result[option.name.text] = option.value.text
    return result


def choices(option: str, kernel: Iterable[tree.SpecFile]) -> set[str]:
    """The values of an option: its default and all that the kernel model compares it with, in code or, where only
    the compiler looks at it, in the comment beside it."""
    found = set()
    for f in kernel:
        text = f.source.text
        found |= set(re.findall(rf"\b{re.escape(option)}\s*==\s*(\w+)", text))
        found |= set(re.findall(rf"\boption\s+{re.escape(option)}\s*=\s*(\w+)", text))
    return found
