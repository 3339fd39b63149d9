"""Three things that Sphinx and MyST-NB leave undone."""

import re
from pathlib import Path

from docutils import nodes


def unname_references(app, what, name, obj, options, lines):
    """Make a module's "References" a heading: several modules share a page."""
    if what == "module" and "References" in lines:
        at = lines.index("References")
        lines[at : at + 2] = [".. rubric:: References", ""]


def link_to_chapters(app, what, name, obj, options, lines):
    """Make the words "Chapter 2" in a docstring a link to that chapter."""

    def link(match):
        name = f"{int(match[1]):02d}-*.ipynb"
        (path,) = Path(app.srcdir).glob(f"book/*/{name}")
        page = path.relative_to(app.srcdir).with_suffix("")
        return f":doc:`{match[0]} </{page.as_posix()}>`"

    lines[:] = [re.sub(r"\bChapter (\d+)\b", link, line) for line in lines]


def link_to_pages(app, doctree):
    """Lead links in a notebook's HTML outputs to the pages of other notebooks."""
    for node in doctree.findall(nodes.raw):
        text = re.sub(
            r'href="([^":]+)\.ipynb(#[^"]*)?"', r'href="\1.html\2"', node.astext()
        )
        if text != node.astext():
            node.children = [nodes.Text(text)]


def setup(app):
    """Install all three."""
    app.connect("autodoc-process-docstring", unname_references)
    app.connect("autodoc-process-docstring", link_to_chapters)
    app.connect("doctree-read", link_to_pages)
    return {"parallel_read_safe": True}
