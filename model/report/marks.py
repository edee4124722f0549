"""How reports begin, so that a later run knows a file as a report and may write over it."""

from __future__ import annotations

from defercheck.report.json import FORMAT, PAGE_MARK

TOOL = "defercheck"
"""What JUnit and SARIF reports say made them."""

TEXT_MARK = "defercheck report"
"""The beginning of the first line of every text report that is written to a file."""

GITHUB_MARK = "::debug::defercheck report"
"""The first line of annotations."""

HEAD = 400
"""So many bytes of a file suffice to know it."""


def is_report(head: str) -> bool:
    """Whether a text begins as one of our reports does, or is empty."""
    return (
        not head
        or head.startswith((TEXT_MARK, GITHUB_MARK))
        or (head.startswith("{") and f'"format": "{FORMAT}' in head)
        or (head.startswith("{") and '"$schema"' in head and "sarif" in head and f'"name": "{TOOL}"' in head)
        or (head.startswith("<?xml") and f'<testsuites name="{TOOL}"' in head)
        or (head.startswith("<!doctype html>") and PAGE_MARK in head)
    )
