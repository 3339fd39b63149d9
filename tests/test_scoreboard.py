"""The scoreboard of chapter 16: claims enough, in step with the chapters, and every link leads to its cell."""

import json
import re
import sys
from pathlib import Path

import pytest

from wgan_lib.claims import Claim, collect, table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from notebooks import chapters  # noqa: E402

PAGE = Path("book/second-look/16-scoreboard")
OTHERS = [path for path in chapters() if path != (ROOT / PAGE).with_suffix(".ipynb")]


def outputs(path):
    """Return all outputs of a notebook that carry HTML."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [out for cell in cells for out in cell.get("outputs", []) if "text/html" in out.get("data", {})]


def test_there_are_claims_enough_and_some_do_not_hold():
    found = collect(OTHERS)  # which refuses a key that stands twice
    assert len(found) >= 24
    assert sum(each.verdict == "does not hold" for each in found) >= 3
    assert [each.key for each in found if not each.source or not re.search(r"\d", each.here)] == []


def test_the_stored_table_is_made_of_the_chapters_as_they_stand():
    shown = ["".join(out["data"]["text/html"]) for out in outputs((ROOT / PAGE).with_suffix(".ipynb"))]
    assert [each for each in shown if 'class="scoreboard"' in each] == [table(collect(OTHERS)).data], "make notebooks"


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_card_shows_its_claim(path):
    for out in outputs(path):
        if "claim" in out["metadata"]:
            card, _ = Claim(**out["metadata"]["claim"])._repr_mimebundle_()
            assert "".join(out["data"]["text/html"]) == card["text/html"], "make notebooks"


def test_every_link_leads_to_one_cell_of_the_built_book():
    page = ROOT / "_build" / "html" / PAGE.with_suffix(".html")
    assert page.exists(), "make book first"
    links = re.findall(r'href="(\.\./[^"#]+)#(claim-[^"]+)"', page.read_text(encoding="utf-8"))
    assert sorted(target for _, target in links) == sorted(f"claim-{each.key}" for each in collect(OTHERS))
    for name, target in links:
        assert (page.parent / name).resolve().read_text(encoding="utf-8").count(f'id="{target}"') == 1
