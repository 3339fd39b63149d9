"""The one style sheet of the book: what is cut out of the many, and that a browser reads all of it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import stylesheet  # noqa: E402


@pytest.mark.parametrize(
    ("prelude", "parts"),
    [
        ("a, b > c", ["a", "b > c"]),
        (".x :is(p, dl:not(.py), h1), b", [".x :is(p, dl:not(.py), h1)", "b"]),
        ("a:not(:is(b, c):has(d, e))", ["a:not(:is(b, c):has(d, e))"]),
    ],
)
def test_a_list_is_cut_at_its_own_commas(prelude, parts):
    assert [part.strip() for part in stylesheet.selectors(prelude)] == parts


def test_a_rule_stays_if_something_may_match_it():
    css = "p{a:1} .used .gone{a:1} .gone, .used{a:1} @media print{.gone{a:1}} @media print{.used{a:1}}"
    assert stylesheet.kept(css, {"used"}).splitlines() == ["p{a:1}", ".used{a:1}", "@media print{.used{a:1}}"]


def test_a_browser_reads_every_rule(browser, serve):
    """One bracket too few, and a browser silently leaves out all that follows."""
    html = ROOT / "_build" / "html"
    written = [prelude for prelude, _ in stylesheet.rules((html / "_static" / stylesheet.SHEET).read_text("utf-8"))]
    with serve(html) as address:
        page = browser.new_page()
        page.goto(f"{address}/book/intro.html")
        read = page.evaluate("() => [...document.styleSheets].find(s => /style.css/.test(s.href)).cssRules.length")
        page.close()
    foreign = [prelude for prelude in written if "::-moz" in prelude or ":-moz" in prelude]
    assert len(written) - len(foreign) <= read + 5 and read > 1000, (len(written), len(foreign), read)
