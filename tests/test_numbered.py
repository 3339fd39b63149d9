"""Numbered formulas and theorems: each has one anchor, and a mention leads to it."""

import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import numbered  # noqa: E402 (the book's extensions are no package)

CHAPTERS = sorted((ROOT / "_build" / "html" / "book").glob("*/[0-9][0-9]-*.html"))
ANCHOR = re.compile(r'id="((?:equation|theorem)-\d+-\d+)"')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("by (2.3) and", "(2.3)"),
        ("Theorem 2.1 says", "Theorem 2.1"),
        ("see Lemma\n8.2.", "Lemma\n8.2"),
        ("f(2.3) is", None),
        ("Theorem 2.1.3", None),
        ("Theorem 4 of", None),
    ],
)
def test_a_mention_is_recognised(text, said):
    """A number in brackets of its own, a theorem by its whole number; not an argument of a function."""
    found = numbered.MENTION.search(text)
    assert (found and found[0]) == said


def test_every_number_has_one_anchor_in_its_own_chapter():
    """(2.3) is in chapter 2, and nowhere else."""
    seen = Counter()
    for page in CHAPTERS:
        for anchor in ANCHOR.findall(page.read_text("utf-8")):
            seen[anchor] += 1
            assert int(anchor.split("-")[1]) == int(page.stem[:2]), (page.name, anchor)
    assert set(seen.values()) == {1}
    assert len(seen) >= 50


def test_mentions_are_links():
    """At least one in most chapters; and none to a number that is not there (test_site follows all links)."""
    linked = [page.stem for page in CHAPTERS if 'class="number ' in page.read_text("utf-8")]
    assert len(linked) >= 8


def test_a_formula_is_shown_beside_its_mention(browser):
    """The card copies the formula from the page, without a second anchor."""
    page = browser.new_page()
    name = next(page for page in CHAPTERS if page.stem.startswith("02-"))
    page.goto(name.as_uri())
    page.locator("a.number[href^='#equation']").first.hover()
    card = page.locator("#hover-card")
    card.wait_for(state="visible")
    assert card.locator("math").count() >= 1
    assert page.locator("#equation-2-1").count() == 1
    page.close()
