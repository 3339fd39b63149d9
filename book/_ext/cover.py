"""What the first page shows of the book: ``{tally}`` counts, ``{map}`` draws it.

Both are made anew at every build, from the stored notebooks and the table of contents,
so that the cover cannot promise what the book does not hold.
"""

import html
import json
import os
import re
from collections import Counter, namedtuple
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent.parent
VERDICTS = {"holds": "hold", "holds in part": "in part", "does not hold": "do not"}

# Where a chapter stands on the wide and on the narrow map (row, column), its name
# there, a few words, and which chapters it needs.
# It is drawn once the table of contents has it.
Place = namedtuple("Place", "wide narrow name idea needs")
PLACES = {
    "01": Place((0, 1), (0, 0), "The earth mover", "a plan, a linear programme", ""),
    "02": Place((1, 0), (1, 0), "Duality", "prices, and a bound on slopes", "01"),
    "03": Place(
        (1, 2), (1, 1), "The collapse of JS", "a judge who teaches nothing", "01"
    ),
    "04": Place((2, 2), (2, 1), "The original GAN", "two players who circle", "03"),
    "05": Place((2, 1), (2, 0), "Clipping", "a critic learns the price", "02 03"),
    "06": Place(
        (3, 1), (3, 0), "Gradient penalty", "slope 1, where mass travels", "05"
    ),
    "07": Place(
        (3, 2), (3, 1), "Head to head", "six critics, one exact judge", "04 06"
    ),
    "08": Place((4, 0), (4, 1), "Spectral norm", "and attention", "06"),
    "lab": Place((4, 2), (0, 1), "The laboratory", "train one in the page", ""),
    "09": Place((4, 1), (4, 0), "Training", "all of MNIST", "06"),
    "10": Place((5, 0), (5, 1), "Measuring quality", "FID and its blind spots", "09"),
    "11": Place((6, 0), (6, 1), "A label for both", "ask for a 7", "10"),
    "12": Place((6, 1), (6, 0), "Every mode", "a thousand numbers", "10"),
    "13": Place((7, 0), (7, 1), "Put to use", "four uses, four rivals", "11"),
    "14": Place((5, 1), (5, 0), "Do they estimate W?", "the wall of dimension", "09"),
    "15": Place(
        (5, 2), (7, 0), "The bug clinic", "what goes wrong, and how it looks", "09"
    ),
    "16": Place((6, 2), (8, 0), "The scoreboard", "every claim, re-run", "14 15"),
    "17": Place((7, 2), (8, 1), "Where it leads", "transport as a teacher", "16"),
}
Grid = namedtuple("Grid", "kind width box_width box_height column row ideas")
WIDE = Grid("wide", 736, 224, 58, 256, 92, True)
NARROW = Grid("narrow", 358, 170, 52, 188, 80, False)


def chapters():
    """Return the page of each chapter that has a place, by its number (or name)."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    files = [each["file"] for part in parts for each in part["chapters"]]
    numbers = {re.match(r"\d\d|.*", file.rsplit("/")[-1])[0]: file for file in files}
    return {number: file for number, file in numbers.items() if number in PLACES}


def verdicts(notebooks):
    """Count the verdicts of the claims that are stored in some notebooks."""
    texts = [json.loads(path.read_text(encoding="utf-8")) for path in notebooks]
    outputs = [
        out
        for text in texts
        for cell in text["cells"]
        for out in cell.get("outputs", [])
    ]
    stored = [out.get("metadata", {}).get("claim") for out in outputs]
    return Counter(claim["verdict"] for claim in stored if claim)


def tally(counts, start, scoreboard):
    """Return the two ways in: the first chapter, and the scoreboard's count."""
    style = {verdict: verdict.replace(" ", "-") for verdict in VERDICTS}
    bar = "".join(
        f'<i class="{style[each]}" style="flex:{counts[each]}"></i>'
        for each in VERDICTS
    )
    words = [
        f'<b class="{style[each]}">{counts[each]}</b> {VERDICTS[each]}'
        for each in VERDICTS
    ]
    return (
        f'<div class="cover">'
        f'<a class="begin" href="{start}">Begin with the earth mover</a>'
        f'<a class="tally" href="{scoreboard}">'
        f'<span class="tally-bar" aria-hidden="true">{bar}</span>'
        f'<span class="tally-words">{counts.total()} claims, re-run: '
        f"{', '.join(words)}</span></a></div>"
    )


def corner(grid, number):
    """Return the upper left corner of a chapter's box."""
    row, column = getattr(PLACES[number], grid.kind)
    return 1 + column * grid.column, 2 + row * grid.row


def box(grid, number, address):
    """Return a chapter's box, a link."""
    x, y = corner(grid, number)
    place, middle = PLACES[number], x + grid.box_width / 2
    name = place.name if number == "lab" else f"{number} {place.name}"
    kind = address.split("/")[-2]
    idea = f'<text class="idea" x="{middle}" y="{y + 45}">{place.idea}</text>'
    height = y + (25 if grid.ideas else 31)
    return (
        f'<a class="{kind}" href="{address}"><rect x="{x}" y="{y}" rx="9"'
        f' width="{grid.box_width}" height="{grid.box_height}"/>'
        f'<text x="{middle}" y="{height}">{html.escape(name)}</text>'
        f"{idea if grid.ideas else ''}</a>"
    )


def arrow(grid, start, end):
    """Return an arrow between two boxes: across, or down to the next row."""
    (x, y), (to_x, to_y) = corner(grid, start), corner(grid, end)
    half, tall = grid.box_width / 2, grid.box_height
    if y == to_y:
        way = f"M{x + 2 * half} {y + tall / 2}H{to_x - 3}"
    else:
        lean = (
            0.35 * half * ((to_x > x) - (to_x < x))
        )  # leave and arrive on the side of the other
        x, to_x, middle = x + half + lean, to_x + half - lean, (y + tall + to_y) / 2
        way = f"M{x} {y + tall}C{x} {middle} {to_x} {middle} {to_x} {to_y - 3}"
    return f'<path d="{way}" marker-end="url(#tip-{grid.kind})"/>'


def drawing(grid, pages):
    """Return the map in one layout; an arrow that would cross a box is left out."""
    needs = [
        (each, number) for number in pages for each in PLACES[number].needs.split()
    ]
    near = [
        pair for pair in needs if set(pair) <= set(pages) and _rows(grid, *pair) <= 1
    ]
    arrows = "".join(arrow(grid, *pair) for pair in near)
    boxes = "".join(box(grid, number, pages[number]) for number in pages)
    height = 4 + max(corner(grid, number)[1] for number in pages) + grid.box_height
    return (
        f'<svg class="map map-{grid.kind}" viewBox="0 0 {grid.width} {height}">'
        f'<defs><marker id="tip-{grid.kind}" viewBox="0 0 8 8" refX="6" refY="4"'
        ' markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z"/></marker></defs>{arrows}{boxes}</svg>'
    )


def _rows(grid, start, end):
    return getattr(PLACES[end], grid.kind)[0] - getattr(PLACES[start], grid.kind)[0]


class Cover(SphinxDirective):
    """Something that the first page shows of the whole book."""

    def pages(self):
        """Return the address of each chapter as seen from this page."""
        here = os.path.dirname(self.env.docname)
        self.env.note_dependency(str(ROOT / "_toc.yml"))
        pages = chapters()
        for file in pages.values():
            self.env.note_dependency(str(ROOT / f"{file}.ipynb"))
        return {
            number: os.path.relpath(file, here) + ".html"
            for number, file in pages.items()
        }


class Tally(Cover):
    """Where to begin, and how many of the claims hold."""

    def run(self):
        """Return both as HTML."""
        pages = self.pages()
        notebooks = [ROOT / f"{file}.ipynb" for file in chapters().values()]
        counts = verdicts(path for path in notebooks if path.exists())
        return [nodes.raw("", tally(counts, pages["01"], pages["16"]), format="html")]


class Map(Cover):
    """How the chapters rest on each other."""

    def run(self):
        """Return two drawings; the style sheet shows the one that fits."""
        drawings = "".join(drawing(grid, self.pages()) for grid in (WIDE, NARROW))
        text = f'<nav aria-label="The map of the chapters">{drawings}</nav>'
        return [nodes.raw("", text, format="html")]


def setup(app):
    """Install both."""
    app.add_directive("tally", Tally)
    app.add_directive("map", Map)
    return {"parallel_read_safe": True}
