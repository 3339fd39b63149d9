"""What waits behind a line: exercises, a claim's grounds, printed tables, side paths.

A page is read for its thread. What a reader may want to open stands behind a line that
says what it is; page.js opens it for whoever follows a link into it, and paper shows
it. Notebooks know nothing of this, but for a mark, ``<!-- fold: words -->``: from there
to the end of its section, or to ``<!-- /fold -->``, the page is folded behind them,
and the claims that are judged there follow.
"""

import re
from html import unescape

from citations import Linker
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode

CLAIM = re.compile(
    r'<div class="(claim [^"]*)" id="([^"]*)">(.*?)<br>\s*<small>(.*?)</small></div>',
    re.S,
)
EXERCISE = re.compile(r"\d+\.\d+\b")
BEGIN = re.compile(r"<!-- fold: (.+?) -->")
END = "<!-- /fold -->"
TABLE = 3  # lines that are printed; fewer say only that something holds
AIMS = "You will be able to"


class fold(nodes.General, nodes.Element):  # noqa: N801 (docutils' way)
    """Something folded: its `kind` is a class of the style sheet."""


class opener(nodes.Part, nodes.TextElement):  # noqa: N801
    """The words that open it."""


def visit_fold(writer, node):
    """Begin something folded."""
    anchor = "".join(f' id="{name}"' for name in node["ids"][:1])
    writer.body.append(f'<details class="{node["kind"]}"{anchor}>\n')


def depart_fold(writer, node):
    """End it."""
    writer.body.append("</details>\n")


def visit_opener(writer, node):
    """Begin the words that open it."""
    writer.body.append("<summary>")


def depart_opener(writer, node):
    """End them."""
    writer.body.append("</summary>\n")


def folded(kind, words, content, anchor=None):
    """Return content behind a line of words."""
    return fold(
        "",
        opener("", "", *words),
        *content,
        kind=kind,
        ids=[anchor][: anchor is not None],
    )


def text(node):
    """Return what a mark in HTML says."""
    return node.astext().strip() if isinstance(node, nodes.raw) else ""


# A chapter's exercises


def number(node):
    """Return the number of the exercise that a paragraph begins with, or None."""
    if not isinstance(node, nodes.paragraph):
        return None
    first = next((child for child in node.children if child.astext()), None)
    found = isinstance(first, nodes.strong) and EXERCISE.match(first.astext())
    return found[0] if found else None


def fold_exercises(section):
    """Fold each exercise of a section behind its question."""
    begins = [at for at, node in enumerate(section.children) if number(node)]
    if not begins:
        return
    children = section.children[: begins[0]]
    for begin, end in zip(begins, [*begins[1:], len(section.children)], strict=True):
        question, *rest = section.children[begin:end]
        anchor = f"exercise-{number(question).replace('.', '-')}"
        for link in list(question.findall(nodes.reference)):  # a line holds no other
            at = link.parent.index(link)
            link.parent[at : at + 1] = link.children
        children.append(folded("exercise", question.children, rest, anchor))
    section.children = []
    section.extend(children)


# What a cell shows


def fold_claim(cell, code, linker):
    """Show a claim's verdict; its grounds, and the cell with them, open with it."""
    card = next(node for node in cell.findall(nodes.raw) if CLAIM.search(node.astext()))
    style, anchor, verdict, grounds = CLAIM.search(card.astext()).groups()
    card.parent.remove(card)
    opening = f'<div class="{style}" id="{anchor}">'
    words = nodes.raw("", verdict, format="html")
    source = nodes.paragraph("", unescape(grounds), classes=["ground"])
    linker.names(source)
    cell.children = []
    cell += nodes.raw("", opening, format="html")
    cell += folded("grounds", [words], [source, code])
    cell += nodes.raw("", "</div>\n", format="html")


def is_table(output):
    """Say whether a cell shows only a printed table, which is read like a figure."""
    lines = output.astext().strip().splitlines()
    return len(lines) >= TABLE and not has_picture(output)


def has_picture(output):
    """Say whether a cell shows one."""
    return any(type(node).__name__ == "picture" for node in output.findall())


def fold_prints(cell, code):
    """Fold what a folded cell prints with it, and put the line below a picture."""
    output = cell.children[-1]
    if output is code:
        return
    if "tag_show-output" not in cell["classes"] and not is_table(output):
        for node in list(output.findall(nodes.literal_block)):
            node.parent.remove(node)
            code += node
    cell.children = []
    if has_picture(output):
        cell += [output, code]
        cell["classes"].append("picture-first")
    else:
        cell += [code, output] if output.astext() else [code]


def fold_cells(doctree, linker):
    """Fold what belongs to the code that is folded."""
    for code in list(doctree.findall(HideCodeCellNode)):
        cell = code.parent
        if any(CLAIM.search(node.astext()) for node in cell.findall(nodes.raw)):
            fold_prints(cell, code)
            fold_claim(cell, code, linker)
        else:
            fold_prints(cell, code)


# Side paths, and what a chapter wants of its reader


def is_claim(node):
    """Say whether a node is the card of a claim."""
    if isinstance(node, nodes.section):
        return False
    return any('<div class="claim ' in raw.astext() for raw in node.findall(nodes.raw))


def fold_marked(section):
    """Fold between the marks, or to the end of the section, but no verdict."""
    children, opened = [], None
    for node in section.children:
        found = BEGIN.fullmatch(text(node))
        if found:
            opened = folded("reading", [nodes.Text(found[1])], [])
            children.append(opened)
        elif text(node) == END:
            opened = None
        elif opened is not None and not is_claim(node):
            opened += node
        else:
            children.append(node)
    section.children = []
    section.extend(children)


def fold_aims(section):
    """Fold what a chapter teaches, wants and takes behind one line."""
    for at, node in enumerate(section.children):
        if isinstance(node, nodes.paragraph) and node.astext().startswith(AIMS):
            end = next(
                (
                    later
                    for later in range(at, len(section.children))
                    if isinstance(section[later], nodes.section)
                ),
                len(section.children),
            )
            words = nodes.Text("What you will learn, what you need, how long it takes")
            section[at:end] = [folded("aims", [words], section.children[at:end])]
            return


def fold_page(app, doctree, docname):
    """Fold a page, when everything else is in its place."""
    if app.builder.format != "html":
        return
    fold_cells(doctree, Linker(app, docname))
    for section in list(doctree.findall(nodes.section)):
        fold_marked(section)
        if section[0].astext().startswith("Exercises"):
            fold_exercises(section)
    first = next(doctree.findall(nodes.section), None)
    if first is not None:
        fold_aims(first)


def setup(app):
    """Install all of them."""
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(opener, html=(visit_opener, depart_opener))
    app.connect("doctree-resolved", fold_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
