"""Formulas are MathML in the page: TeX that is not understood fails the build, and none runs anything."""

import re
import sys
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

import formulas  # noqa: E402
import math_font  # noqa: E402

HTML = ROOT / "_build" / "html"
PAGES = [page for page in HTML.rglob("*.html") if "_static" not in page.parts]


@pytest.mark.parametrize("tex", [r"\href{javascript:alert(1)}{x}", r"\nonsense", r"\frac{1}", "{", r"\require{html}"])
def test_what_is_no_formula_fails_the_build(tex):
    """And says which it is."""
    with pytest.raises(ExtensionError, match="cannot typeset"):
        formulas.mathml(tex)


def test_text_stays_text():
    """A formula can bring no element of its own into the page."""
    formula = formulas.mathml(r"\text{<script>alert(1)</script>} a<b")
    assert "<script" not in formula and "&lt;script&gt;" in formula and "&lt;</mo>" in formula


@pytest.mark.parametrize(("before", "after"), [("", ","), ("(", ")"), ("", " is")])
def test_a_formula_stays_with_its_comma_and_its_brackets(before, after):
    """As browsers do not keep it."""
    formula = f'<span class="{formulas.CLASSES}">{formulas.mathml("W")}</span>'
    body = formulas.WITH_SIGNS.sub(formulas.held, f"so {before}{formula}{after} and so on")
    kept = f'<span class="held">{before}{formula}{after}</span>'
    assert body == f"so {kept} and so on" if after != " is" else "held" not in body


def test_a_long_formula_may_break_though_a_comma_follows():
    """Or it would leave a phone's screen."""
    long = f'<span class="{formulas.CLASSES}">{formulas.mathml("a + b + c + d = e + f + g")}</span>,'
    assert "<wbr>" in long
    assert formulas.WITH_SIGNS.sub(formulas.held, long) == long


def test_a_display_has_its_number_and_its_lines():
    r"""As ``\tag`` and ``\\`` say."""
    numbered = formulas.mathml(r"W \le k \tag{2.3}", display=True)
    assert "(2.3)" in numbered and 'display="block"' in numbered
    lines = ElementTree.fromstring(formulas.mathml(r"a &= b \\ &= c", display=True))
    assert len(list(lines.iter("mtr"))) == 2


def test_a_long_formula_may_break_before_its_relations():
    """Nothing is lost, and each piece but the first begins with one that stands between two."""
    tex = r"W \ge \mathbb{E}\,u(y) - \mathbb{E}\,u(T(y)) = \mathbb{E}\lVert y - T(y)\rVert"
    pieces = formulas.mathml(tex).split("<wbr>")
    assert len(pieces) == 3 and len(formulas.mathml("a = b").split("<wbr>")) == 1
    assert all(piece.startswith('<math><mo form="infix"') or "infix" in piece[:60] for piece in pieces[1:])
    whole = ElementTree.fromstring("<p>" + "".join(pieces) + "</p>")
    assert "".join(whole.itertext()).replace("\u2061", "").startswith("W≥𝔼")


def test_a_large_fence_keeps_its_size_under_an_exponent():
    """An operator that is the base of a script would lose it in Chromium."""
    formula = ElementTree.fromstring(formulas.mathml(r"\Big(a\Big)^{1/p}", display=True))
    (script,) = formula.iter("msup")
    assert script[0].tag == "mrow" and "minsize" in script[0][0].attrib


def test_what_is_raised_beside_an_f_does_not_touch_it():
    """Its italic leans over; beside other letters nothing is moved."""
    (script,) = ElementTree.fromstring(formulas.mathml("f^c")).iter("msup")
    assert [part.tag for part in script[1]] == ["mspace", "mi"]
    assert "mspace" not in formulas.mathml("g^c")


def test_the_font_was_cut_to_every_sign_that_the_pages_write():
    """Else a browser would take one from a font of its own."""
    known = set(map(ord, math_font.SIGNS + "\u200b\ufe00\n"))
    known |= {code for begin, end in math_font.RANGES for code in range(begin, end)}
    written = set()
    for page in PAGES:
        for formula in re.findall(r"<math.*?</math>", page.read_text(encoding="utf-8"), re.S):
            written |= set(map(ord, unescape(re.sub(r"<[^>]*>", "", formula))))
    assert written, "make book first"
    assert {chr(code) for code in written - known} == set()
