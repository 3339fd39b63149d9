"""The cover: its count is the scoreboard's, and its map has every chapter of the table of contents."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from wgan_lib.claims import collect

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import cover  # noqa: E402
from notebooks import chapters  # noqa: E402

INTRO = ROOT / "_build" / "html" / "book" / "intro.html"
VERDICTS = ["holds", "holds in part", "does not hold"]


def contents():
    """Return the pages of the table of contents that teach: neither the classroom's nor the appendix."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    taught = [part for part in parts if part["caption"] not in ("Classroom", "Appendix")]
    return [each["file"] for part in taught for each in part["chapters"]]


def test_every_chapter_has_a_place_and_none_two():
    """One who adds a chapter says in PLACES where it stands."""
    assert sorted(cover.chapters().values()) == sorted(contents())
    for kind in ("wide", "narrow"):
        places = [getattr(place, kind) for place in cover.PLACES.values()]
        assert len(places) == len(set(places))


@pytest.mark.parametrize("number", cover.PLACES)
def test_a_chapter_stands_below_what_it_needs(number):
    for needed in cover.PLACES[number].needs.split():
        assert cover.PLACES[needed].wide[0] <= cover.PLACES[number].wide[0]
        assert cover.PLACES[needed].narrow[0] <= cover.PLACES[number].narrow[0]


@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_the_map_links_to_every_chapter_of_the_contents(kind):
    (drawing,) = re.findall(rf'<svg class="map map-{kind}".*?</svg>', INTRO.read_text(encoding="utf-8"), re.S)
    links = re.findall(r'<a class="[\w-]+" href="([^"]+)\.html"', drawing)
    assert sorted(f"book/{link}" for link in links) == sorted(contents())


def test_the_wide_map_shows_every_need():
    (drawing,) = re.findall(r'<svg class="map map-wide".*?</svg>', INTRO.read_text(encoding="utf-8"), re.S)
    drawn = cover.chapters()
    needs = [needed for number in drawn for needed in cover.PLACES[number].needs.split()]
    assert drawing.count("marker-end=") == len(needs)


def test_the_tally_is_that_of_the_scoreboard():
    found = [claim.verdict for claim in collect(chapters())]
    (words,) = re.findall(r'<span class="tally-words">(.*?)</span>', INTRO.read_text(encoding="utf-8"))
    numbers = [int(number) for number in re.findall(r"\d+", words)]
    assert numbers == [len(found), *(found.count(verdict) for verdict in VERDICTS)]
