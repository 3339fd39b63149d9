r"""The scoreboard: what is claimed about Wasserstein GANs, held against what the book computes.

A chapter ends the demonstration of a claim with `claim(...)`: the verdict stands in the notebook,
and the evidence for it is asserted there, so that a change which overturns a verdict stops the
notebook. `collect` reads all claims back from the stored notebooks; the scoreboard of chapter 16 is
nothing but that table.
"""

import html
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from IPython.display import HTML

Verdict = Literal["holds", "holds in part", "does not hold"]
Kind = Literal["theorem", "result", "figure", "common reading"]
MARKS = {
    "holds": "✓",
    "holds in part": "◐",
    "does not hold": "✗",
}  # a verdict must not depend on colour
UNPUBLISHED = "–"  # a reading that no source puts in numbers


@dataclass(frozen=True)
class Claim:
    """One row of the scoreboard.

    Attributes
    ----------
    key : str
        A short name in lower case with hyphens, the only one of its kind in the book: the end of
        the cell's address.
    statement : str
        The claim as it is commonly stated, in one sentence.
    kind : str
        What the source gives: a "theorem", the "result" of an experiment (numbers or a statement),
        a "figure", or a "common reading" that no source states in these words.
    source : str
        Who says so, and where: paper, and figure, theorem, section or table.
    published : str
        The published value, or "–" where the source gives none.
    here : str
        The value computed here.
    verdict : str
        "holds", "holds in part" or "does not hold".
    page : str
        The chapter's folder and file, without its ending; known once the notebook is stored.
    """

    key: str
    statement: str
    kind: Kind
    source: str
    published: str
    here: str
    verdict: Verdict
    page: str = field(default="", compare=False)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """Show the claim as a card, and carry its fields in the notebook for `collect`."""
        values = {name: html.escape(value) for name, value in asdict(self).items()}
        published = "" if self.published == UNPUBLISHED else f" Published: {self.published}."
        values |= {
            "style": _style(self.verdict),
            "mark": MARKS[self.verdict],
            "published": html.escape(published),
        }
        card = (
            '<div class="claim {style}" id="claim-{key}">'
            "<strong>{mark} Claim: {verdict}.</strong> {statement}"
            "<br><small>{source}.{published} Here: {here}.</small></div>"
        ).format(**values)
        head = f"Claim: {self.verdict}. {self.statement}"
        text = f"{head}\n  {self.source}.{published} Here: {self.here}."
        return {"text/html": card, "text/plain": text}, {"claim": asdict(self)}


def claim(
    key: str,
    statement: str,
    *,
    kind: Kind,
    source: str,
    published: str = UNPUBLISHED,
    here: str,
    verdict: Verdict,
    evidence: bool,
) -> Claim:
    """Return a claim to show at the end of a cell, if its verdict stands.

    Parameters
    ----------
    key, statement, kind, source, published, here, verdict
        See `Claim`.
    evidence : bool
        What the verdict rests on: a comparison of computed numbers, with a margin if they were
        trained.

    Raises
    ------
    AssertionError
        If `evidence` is false: the numbers no longer support the verdict.
    TypeError
        If `evidence` is no bool: a NaN, a string or a list would count as true.
    ValueError
        If there is no such verdict or kind.
    """
    _require_known(verdict, kind)
    if not isinstance(evidence, (bool, np.bool_)):
        raise TypeError(
            f"evidence = {evidence!r}: expected True or False, the outcome of a comparison"
        )
    if not evidence:
        raise AssertionError(
            f"claim {key!r}: the numbers ({here}) no longer support the verdict {verdict!r}"
        )
    return Claim(key, statement, kind, source, published, here, verdict)


def collect(notebooks: Iterable[Path]) -> list[Claim]:
    """Return the claims that are stored in `notebooks`, in their order.

    Raises
    ------
    ValueError
        If two claims have the same key, or one lacks a field, or has a verdict or kind that there
        is not.
    """
    claims: dict[str, Claim] = {}
    for path in notebooks:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in (output for cell in cells for output in cell.get("outputs", [])):
            stored = output.get("metadata", {}).get("claim")
            if stored is None:
                continue
            found = _read(stored, f"{path.parent.name}/{path.stem}")
            if found.key in claims:
                raise ValueError(
                    f"claim {found.key!r} stands in {claims[found.key].page} and in {found.page}"
                )
            claims[found.key] = found
    return list(claims.values())


def _read(stored: dict[str, str], page: str) -> Claim:
    """Return the claim with these fields, if there are all of them and no others."""
    expected = {each.name for each in fields(Claim)}
    if wrong := expected - {"page"} ^ stored.keys() - {"page"}:
        raise ValueError(
            f"{page}: claim {stored.get('key')!r}, {', '.join(sorted(wrong))}: "
            "store this notebook anew"
        )
    _require_known(verdict=stored["verdict"], kind=stored["kind"])
    return Claim(**stored | {"page": page})


def _require_known(verdict: str, kind: str) -> None:
    for name, value, known in (("verdict", verdict, Verdict), ("kind", kind, Kind)):
        if value not in get_args(known):
            raise ValueError(f"{name} = {value!r}: expected one of {', '.join(get_args(known))}")


def table(claims: Iterable[Claim]) -> HTML:
    """Return the scoreboard: a table, what does not hold first, each row linked to its cell.

    Parameters
    ----------
    claims : iterable of Claim
        As `collect` returns them.

    Notes
    -----
    A link leads from one chapter's notebook to another's, as Jupyter wants it; the book's build
    turns ``.ipynb`` into ``.html`` (book/_ext/book_pages.py). Where neither works, as on Colab, the
    number of the chapter is the link's text.
    """
    claims = list(claims)
    columns = ("claim, kind and source", "published", "here", "verdict")
    head = f"<thead><tr>{''.join(f'<th>{column}</th>' for column in columns)}</tr></thead>"
    bodies = ""
    for verdict in reversed(MARKS):
        rows = [_row(each) for each in claims if each.verdict == verdict]
        title = f"{MARKS[verdict]} {verdict}: {len(rows)} of {len(claims)}"
        title = f'<tr><th colspan="4" scope="rowgroup">{title}</th></tr>'
        bodies += f'<tbody class="{_style(verdict)}">{title}{"".join(rows)}</tbody>' if rows else ""
    return HTML(f'<table class="scoreboard">{head}{bodies}</table>')


def _row(claim: Claim) -> str:
    shown = {name: html.escape(value) for name, value in asdict(claim).items()}
    marked = 'class="unpublished"' if claim.published == UNPUBLISHED else 'data-label="published"'
    return (
        "<tr><td>{statement}<br><small>{kind}: {source}</small></td>"
        '<td {marked}>{published}</td><td data-label="here">{here}</td>'
        "<td>{mark} {verdict}<br>"
        '<a href="../{page}.ipynb#claim-{key}">chapter {chapter}</a></td></tr>'
    ).format(
        **shown, marked=marked, mark=MARKS[claim.verdict], chapter=int(Path(claim.page).name[:2])
    )


def _style(verdict: str) -> str:
    return verdict.replace(" ", "-")  # the class of CSS
