"""Every rule of the design has a page, and every page says what a reader looks for."""

from __future__ import annotations

import pytest
from defercheck.check import check_spec, load
from defercheck.grammar.parser import parse
from defercheck.grammar.span import Source
from defercheck.report.finding import cure
from defercheck.rules import Rule, UnknownRule, all_rules, codes, rule

from tests.rules.pages import CHECKED, NAMES, RUNNABLE, specs

DESIGN = (
    "101 102 103 201 202 203 204 205 206 207 301 302 303 304 305 306 401 402 403 404 501 502 503 601 "
    "701 702 703 704 901 902 903 904"
)


def test_all_codes_of_the_design() -> None:
    assert codes() == tuple(f"DF{number}" for number in DESIGN.split())


@pytest.mark.parametrize("page", all_rules(), ids=lambda r: r.code)
def test_front_matter(page: Rule) -> None:
    assert page.name
    assert page.name[-1] not in ".:"
    assert page.summary.endswith(".")
    assert page.severity == ("warning" if page.code in ("DF901", "DF902", "DF903") else "error")
    assert max(map(len, page.page.splitlines())) <= 120


@pytest.mark.parametrize("page", all_rules(), ids=lambda r: r.code)
def test_a_page_has_both_specs_or_says_that_it_is_not_checked(page: Rule) -> None:
    assert sorted(specs(page)) == (["Broken", "Fixed"] if page.checked else [])
    if page.checked:
        assert "## What defercheck checks" in page.page
        assert "## The cure" in page.page
    else:
        assert "Not checked in this version" in page.page or "No driver can break this" in page.page


def test_most_rules_are_checked() -> None:
    assert len(CHECKED) == 31


@pytest.mark.parametrize(("page", "heading", "text"), RUNNABLE, ids=NAMES)
def test_the_specs_are_specs(page: Rule, heading: str, text: str) -> None:
    assert parse(text, f"{page.code}.md").items
    assert max(map(len, text.splitlines())) <= 80


def test_lookup() -> None:
    assert rule("df301") is rule("DF301") is rule(" Use After Free ")
    for wrong, near in {"DF3O1": ("DF301",), "use after fre": ("DF301",), "qqq": ()}.items():
        with pytest.raises(UnknownRule) as caught:
            rule(wrong)
        assert caught.value.near[:1] == near
        assert wrong in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timer t { del_timer_sync(&t); } thread p { mod_timer(&t, 1); }", "wait for a callback in itself"),
        ("irq nic times 1 { disable_irq(&nic); }", "disable_irq_nosync does not wait"),
        ("DEFINE_SPINLOCK(l); tasklet t { spin_lock(&l); spin_unlock(&l); } "
         "thread p { tasklet_schedule(&t); spin_lock(&l); spin_unlock(&l); }", "spin_lock_bh against softirqs"),
        ("struct s { refcount_t n; } o; thread p { kzalloc(o, GFP_KERNEL); refcount_inc(&o->n); kfree(o); }",
         "Take a reference while one is held"),
    ],
)  # fmt: skip
def test_the_cure_fits_the_finding(text: str, said: str) -> None:
    result = check_spec(load(Source("c.dfr", text)), "6.1")
    assert any(said in cure(v) for v in result.verdicts if v.outcome == "violated")
