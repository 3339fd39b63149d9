"""Claims: a verdict without evidence is refused, and what a notebook stores is read back."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from wgan_lib.claims import Claim, claim, collect, table

GIVEN = {"kind": "figure", "source": "A paper, Fig. 1", "published": "1", "here": "0.9 < 1", "verdict": "holds"}


def notebook(path, *claims):
    """Write a notebook that shows the claims, as nbclient would."""
    outputs = [dict(zip(("data", "metadata"), each._repr_mimebundle_(), strict=True)) for each in claims]
    cells = [{"cell_type": "markdown"}, *({"cell_type": "code", "outputs": [output]} for output in outputs)]
    path.write_text(json.dumps({"cells": cells}))
    return path


def test_a_verdict_needs_evidence():
    with pytest.raises(AssertionError, match="'a-key': the numbers .* no longer support the verdict 'holds'"):
        claim("a-key", "A statement.", evidence=False, **GIVEN)


def test_a_verdict_is_one_of_three():
    with pytest.raises(ValueError, match="verdict = 'maybe': expected one of holds, holds in part, does not hold"):
        claim("a-key", "A statement.", evidence=True, **GIVEN | {"verdict": "maybe"})


@pytest.mark.parametrize("evidence", [float("nan"), "False", [False], 1, None])
def test_evidence_is_a_bool(evidence):
    """Each of these but None would pass for true."""
    with pytest.raises(TypeError, match="evidence = .*: expected True or False"):
        claim("a-key", "A statement.", evidence=evidence, **GIVEN)


def test_evidence_may_come_from_numpy():
    assert claim("a-key", "A statement.", evidence=np.float64(1) < 2, **GIVEN).verdict == "holds"


def test_what_no_source_puts_in_numbers_is_not_called_published():
    given = {name: value for name, value in GIVEN.items() if name != "published"}
    bare, cited = claim("a", "S.", evidence=True, **given), claim("b", "S.", evidence=True, **GIVEN)
    for one, said in ((bare, False), (cited, True)):
        assert ["Published" in text for text in one._repr_mimebundle_()[0].values()] == [said, said]
    assert ['class="unpublished"' in table([replace(one, page="a/01-b")]).data for one in (bare, cited)] == [
        True,
        False,
    ]


def test_a_kind_is_one_of_four():
    with pytest.raises(ValueError, match="kind = 'rumour': expected one of theorem, result, figure, common reading"):
        claim("a-key", "A statement.", evidence=True, **GIVEN | {"kind": "rumour"})


def test_claims_are_read_back_from_the_notebooks_that_show_them(tmp_path):
    first, second = (claim(key, f"Statement <{key}>.", evidence=True, **GIVEN) for key in ("one", "two"))
    paths = [notebook(tmp_path / "01-first.ipynb", first), notebook(tmp_path / "02-second.ipynb", second)]
    assert collect(paths) == [first, second]
    assert [each.page for each in collect(paths)] == [f"{tmp_path.name}/{page}" for page in ("01-first", "02-second")]


def test_a_key_is_used_once(tmp_path):
    one = Claim("one", "A statement.", "result", "A paper", "–", "1", "holds")
    with pytest.raises(ValueError, match="claim 'one' stands in .*/01-a and in .*/02-b"):
        collect([notebook(tmp_path / "01-a.ipynb", one), notebook(tmp_path / "02-b.ipynb", one)])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": None}, "/01-a: claim 'one', kind: store this notebook anew"),
        ({"proof": "none"}, "/01-a: claim 'one', proof: store this notebook anew"),
        ({"kind": "rumour"}, "kind = 'rumour': expected one of"),
        ({"verdict": "maybe"}, "verdict = 'maybe': expected one of"),
    ],
)
def test_a_stored_claim_must_be_whole(tmp_path, change, complaint):
    path = notebook(tmp_path / "01-a.ipynb", claim("one", "A statement.", evidence=True, **GIVEN))
    content = json.loads(path.read_text())
    fields = content["cells"][1]["outputs"][0]["metadata"]["claim"] | change
    content["cells"][1]["outputs"][0]["metadata"]["claim"] = {k: v for k, v in fields.items() if v is not None}
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=re.escape(complaint)):
        collect([path])


def test_a_card_can_be_linked_to_and_escapes_what_it_shows():
    data, _ = claim("one", "W < JS.", evidence=True, **GIVEN)._repr_mimebundle_()
    assert 'id="claim-one"' in data["text/html"] and "W &lt; JS." in data["text/html"]
    assert "W < JS." in data["text/plain"]


def test_the_table_groups_by_verdict_counts_escapes_and_links():
    verdicts = {"one": "holds", "two": "does not hold", "three": "holds"}
    given = [
        Claim(key, f"W < {key}.", "common reading", "A paper", "–", "1", verdict, "part/07-x")
        for key, verdict in verdicts.items()
    ]
    shown = table(given).data
    assert re.findall(r"#claim-(\w+)", shown) == ["two", "one", "three"]
    assert re.findall(r"[✓◐✗] [a-z ]+: \d of \d", shown) == ["✗ does not hold: 1 of 3", "✓ holds: 2 of 3"]
    assert shown.count("<small>common reading: A paper</small>") == 3
    assert "W &lt; one." in shown and '<a href="../part/07-x.ipynb#claim-one">chapter 7</a>' in shown
