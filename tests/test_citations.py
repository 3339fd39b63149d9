"""Citations: each author and year in the text leads to its entry, and each entry leads out of the book."""

import re
import sys
from pathlib import Path

import pytest
from pybtex.database import Entry, parse_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import citations  # noqa: E402 (the book's extensions are no package)

HTML = ROOT / "_build" / "html"
PAGES = sorted(page for page in (HTML / "book").rglob("*.html") if page.stem != "references")
BIBLIOGRAPHY = parse_file(ROOT / "book" / "appendix" / "references.bib").entries
REFERENCES = HTML / "book" / "appendix" / "references.html"
ENTRY = re.compile(r'<div class="citation" id="cite-([\w-]+)".*?<span class="label">(.*?)</span>\n(.*?)</div>', re.S)
LINK = re.compile(r'<a class="citation [^>]*href="[^"]*#cite-([\w-]+)"[^>]*>(.*?)</a>', re.S)


def keys(names, year):
    """Return what the bibliography has for names and a year."""
    named = dict(zip(BIBLIOGRAPHY, citations.labels(BIBLIOGRAPHY.values()), strict=True))
    return [key for key, entry in BIBLIOGRAPHY.items() if citations.fits(entry, named[key], year, names)]


@pytest.mark.parametrize(
    ("text", "shown", "key"),
    [
        ("see Arjovsky et al. (2017, Algorithm 1).", "Arjovsky et al. (2017, Algorithm 1)", "arjovsky2017"),
        ("in Arjovsky and Bottou (2017), Theorem 2.4", "Arjovsky and Bottou (2017)", "arjovsky2017principled"),
        ("(Gulrajani et al. 2017, eq. 3)", "Gulrajani et al. 2017", "gulrajani2017"),
        ("(Ajtai, Komlós and Tusnády 1984)", "Ajtai, Komlós and Tusnády 1984", "ajtai1984"),
        ("M. Arjovsky, S. Chintala, L. Bottou (2017), a", "M. Arjovsky, S. Chintala, L. Bottou (2017)", "arjovsky2017"),
        ("E. Facco, M. d’Errico, A. Rodriguez, A. Laio (2017)", None, "facco2017"),
        ("that of Bonneel, van de Panne, Paris and Heidrich (2011),", None, "bonneel2011"),
        ("by Stanczuk et\nal. (2021, section 3)", None, "stanczuk2021"),
        ("(Weed and Bach 2019; more)", "Weed and Bach 2019", "weed2019"),
        ("Villani (2003) has it", "Villani (2003)", "villani2003"),
    ],
)
def test_a_citation_is_recognised(text, shown, key):
    """In every form that the chapters use, all of it is found, and one entry fits."""
    found = citations.CITATION.search(text)
    assert found[0] == (shown or found[0])
    assert keys(found["names"], found["year"] or found["bare"]) == [key]


@pytest.mark.parametrize(
    ("names", "year"),
    [("Arjovsky et al.", "2016"), ("Arjovsky", "2017"), ("Bottou and Arjovsky", "2017"), ("Villani et al.", "2009")],
)
def test_a_wrong_citation_fits_nothing(names, year):
    """Another year, an author too few, another order."""
    assert keys(names, year) == []


def test_two_of_one_name_and_year_get_letters():
    """They could not be told apart otherwise."""
    fields = {"year": "2019", "title": "Afterwards"}
    first, second = BIBLIOGRAPHY["weed2019"], Entry("article", fields, BIBLIOGRAPHY["weed2019"].persons)
    assert list(citations.labels([first, second])) == ["Weed and Bach 2019b", "Weed and Bach 2019a"]
    assert len(set(citations.labels(BIBLIOGRAPHY.values()))) == len(BIBLIOGRAPHY)


def test_every_entry_leads_out_of_the_book():
    """One bibliography, each entry with the label that the text uses, and a link."""
    entries = ENTRY.findall(REFERENCES.read_text("utf-8"))
    assert sorted(key for key, *_ in entries) == sorted(BIBLIOGRAPHY)
    for key, label, text in entries:
        assert citations.label(BIBLIOGRAPHY[key]) in re.sub("<[^>]+>", "", label)
        assert re.search(r'href="https?://', text), key


def test_every_citation_on_the_pages_is_a_link():
    """What is left in the prose when the links are taken out has no known author with a year."""
    links = 0
    for page in PAGES:
        text = re.sub("<template.*?</template>", "", page.read_text("utf-8"), flags=re.S)
        links += len(LINK.findall(text))
        assert {key for key, _ in LINK.findall(text)} <= set(BIBLIOGRAPHY)
        for paragraph in re.findall(r"<p>(.*?)</p>", LINK.sub("", text), re.S):
            plain = re.sub("<[^>]+>", "", re.sub(r"<a .*?</a>|<code.*?</code>", "", paragraph, flags=re.S))
            for found in citations.CITATION.finditer(plain):
                assert keys(found["names"], found["year"] or found["bare"]) == [], (page.name, found[0])
    assert links >= 150
