"""The specs that stand in a rule's page."""

from __future__ import annotations

import re

from defercheck.rules import Rule, all_rules


def specs(rule: Rule) -> dict[str, str]:
    """Heading of the section (``Broken``, ``Fixed``) to the text of the spec in it."""
    sections = re.split(r"^## (.*)\n", rule.page, flags=re.MULTILINE)
    found = {}
    for heading, body in zip(sections[1::2], sections[2::2], strict=True):
        blocks = re.findall(r"^```dfr\n(.*?)^```$", body, flags=re.MULTILINE | re.DOTALL)
        assert len(blocks) <= 1, f"{rule.code}: {heading} has {len(blocks)} specs"
        if blocks:
            found[heading] = blocks[0]
    return found


CHECKED = [rule for rule in all_rules() if rule.checked]
RUNNABLE = [(rule, heading, text) for rule in CHECKED for heading, text in specs(rule).items()]
NAMES = [f"{rule.code}-{heading.lower()}" for rule, heading, _ in RUNNABLE]
