"""Values of options: sizes, times, rule codes."""

from __future__ import annotations

import re
from typing import Any

import click

_SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_TIMES = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Size(click.ParamType):
    """Bytes: ``2G``, ``512M``, ``1.5GiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", value.strip().lower())
        if match is None or float(match[1]) <= 0:
            self.fail(f"{value!r} is not a size such as 512M or 2G", param, ctx)
        return int(float(match[1]) * _SIZES[match[2]])


class Time(click.ParamType):
    """Seconds: ``30``, ``90s``, ``5m``."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?", value.strip().lower())
        if match is None or float(match[1]) <= 0:
            self.fail(f"{value!r} is not a time such as 30 or 5m", param, ctx)
        return float(match[1]) * _TIMES[match[2] or ""]


class RuleCode(click.ParamType):
    """The code of a rule, in any case; its name is understood too."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The code in capitals."""
        from defercheck.rules import UnknownRule, rule

        try:
            return rule(value).code
        except UnknownRule as error:
            self.fail(str(error), param, ctx)
