"""What each section of the book says, in plain words, for the search and first uses.

``env.book_sections[page]`` holds a Section for each heading, for each entry of the
glossary, and for each function that the library's page documents.
"""

import re
import unicodedata
from typing import NamedTuple

from docutils import nodes
from kept import Kept
from links import CLOSED
from sphinx import addnodes

# Not prose: what stands in these is left out, and of a formula only what can be read.
SILENT = tuple(
    {*CLOSED, addnodes.index} - {nodes.literal, nodes.math, nodes.reference, nodes.term}
    - {addnodes.pending_xref}
)  # fmt: skip
GREEK = re.compile(
    r"\\(?:var)?(alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi"
    r"|rho|sigma|tau|phi|chi|psi|omega)(?![a-zA-Z])",
    re.IGNORECASE,
)
SIGNS = {
    r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\approx": "≈", r"\in": "∈", r"\to": "→",
    r"\cdot": "·", r"\times": "×", r"\pm": "±", r"\sum": "Σ", r"\nabla": "∇",
    r"\infty": "∞", r"\lVert": "‖", r"\rVert": "‖", r"\lvert": "|", r"\rvert": "|",
    r"\dots": "…", r"\,": " ", r"\log": "log", r"\exp": "exp", r"\max": "max",
    r"\min": "min",
}  # fmt: skip


class Section(NamedTuple):
    """A part of a page."""

    anchor: str
    heading: str
    text: str
    is_object: bool = False


def letter(match):
    """Return the Greek letter that a command of TeX names."""
    size = "CAPITAL" if match[1][0].isupper() else "SMALL"
    name = "LAMDA" if match[1].lower() == "lambda" else match[1].upper()
    return unicodedata.lookup(f"GREEK {size} LETTER {name}")


def readable(tex):
    """Return a short formula as text, and a long one as an ellipsis."""
    text = GREEK.sub(letter, tex)
    text = re.sub(r"\\(?:mathrm|mathbb|text|operatorname|mathcal|bar|hat)\b", "", text)
    text = re.sub(
        r"\\(?:[a-zA-Z]+|,)", lambda match: SIGNS.get(match[0], match[0]), text
    )
    text = re.sub(r"\s+", " ", re.sub(r"[{}]", "", text)).strip()
    return "…" if "\\" in text or len(text) > 40 else text


def words(node):
    """Return the prose in a node, less that of sections and objects inside it."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.math):
        return readable(node.astext())
    if isinstance(node, SILENT):
        return ""
    inner = [
        words(child)
        for child in node.children
        if not isinstance(child, (nodes.section, nodes.term, addnodes.desc))
        and not is_entry(child)
    ]
    return ("" if isinstance(node, nodes.TextElement) else " ").join(inner)


def is_term(node):
    """Say whether a node is the word that an entry of the glossary explains."""
    return isinstance(node, nodes.term)


def is_entry(node):
    """Say whether a node is an entry of the glossary."""
    return isinstance(node, nodes.definition_list_item) and bool(node[0]["ids"])


def told(node):
    """Return the prose in a node as one line."""
    # A caption is no Markdown for Sphinx: its formulas are still between dollars.
    text = re.sub(r"\$([^$]+)\$", lambda match: readable(match[1]), words(node))
    return re.sub(r"\s+", " ", text).strip()


def sections(doctree):
    """Return the sections of a page, in order."""
    found = []
    for node in doctree.findall():
        if isinstance(node, nodes.section):
            found.append(Section(node["ids"][0], told_title(node), told(node)))
        elif is_entry(node):
            terms = [each.astext() for each in node.children if is_term(each)]
            text = told(node.children[-1])
            found.append(Section(node[0]["ids"][0], ", ".join(terms), text))
        elif isinstance(node, addnodes.desc):
            signature = node.next_node(addnodes.desc_signature)
            content = node.next_node(addnodes.desc_content)
            if signature["ids"]:
                anchor = signature["ids"][0]
                found.append(Section(anchor, anchor, told(content), is_object=True))
    return found


def told_title(section):
    """Return a section's heading."""
    title = section.next_node(nodes.title)
    return re.sub(
        r"\s+", " ", "".join(words(child) for child in title.children)
    ).strip()


class Sections(Kept):
    """Keeps the sections of each page while the book is built."""

    name = "book_sections"

    def find(self, app, doctree):
        """Return them in their order."""
        return sections(doctree)


def pages(env):
    """Return the names of the book's pages in the order of its contents."""
    order, root = [], env.config.root_doc
    waiting = [root]
    while waiting:
        page = waiting.pop(0)
        if page not in order:
            order.append(page)
            waiting = list(env.toctree_includes.get(page, [])) + waiting
    return order


def is_chapter(page):
    """Say whether a page is one of the numbered chapters."""
    return re.match(r"\d\d-", page.rpartition("/")[2]) is not None


def setup(app):
    """Install the collector."""
    app.add_env_collector(Sections)
    return {"parallel_read_safe": True, "env_version": 1}
