"""Folded code says what it does, and one switch at the head of a page opens all of it.

The first line of such a cell is its title, ``# @title Draw: the walk``: Colab makes a
form of it, and the page the line to click on.
"""

import re
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode

TITLE = re.compile(r"# ?@title (.+)\n?")
SWITCH = (
    '<p class="all-code pst-js-only"><label><input type="checkbox" role="switch" />'
    " Show all code</label></p>"
)


def take_title(cell):
    """Return a folded cell's title, and take it out of its code."""
    code = next(cell.findall(nodes.literal_block), None)
    found = TITLE.match(code.astext()) if code else None
    if not found:
        return cell["prompt_show"]
    rest = code.astext()[found.end() :]
    code.rawsource, code.children = rest, [nodes.Text(rest)]
    return found[1]


def visit_folded(writer, node):
    """Begin what is folded. The title is its name for those who listen, too."""
    writer.body.append(f'<details class="{" ".join(["hide", *node["classes"]])}">\n')
    writer.body.append(f"<summary>{escape(take_title(node))}</summary>\n")


def depart_folded(writer, node):
    """End it."""
    writer.body.append("</details>\n")


def add_switch(app, doctree, docname):
    """Put the switch below the title of a page that has folded code."""
    heading = next(doctree.findall(nodes.title), None)
    if heading is not None and next(doctree.findall(HideCodeCellNode), None):
        place = heading.parent.index(heading) + 1
        heading.parent.insert(place, nodes.raw("", SWITCH, format="html"))


def setup(app):
    """Install both, and what moves the switch."""
    html = (visit_folded, depart_folded)
    app.add_node(HideCodeCellNode, override=True, html=html)
    app.connect("doctree-resolved", add_switch)
    app.add_js_file("page.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
