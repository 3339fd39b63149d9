"""Numbers that lead somewhere: "(2.3)" to the formula, "Theorem 2.1" to the theorem.

A notebook numbers a formula with ``\\tag{2.3}`` and begins a theorem's quotation with
its name in bold; both get an anchor when the page is read, and a link wherever the
text says the number. A theorem of a paper, named beside its authors, is not ours.
"""

import re

from citations import is_source
from docutils import nodes
from kept import Kept
from links import prose, put_links

KINDS = "Theorem|Lemma|Proposition|Corollary|Definition"
TAG = re.compile(r"\\tag\{(\d+\.\d+)\}")
HEAD = re.compile(rf"({KINDS}) (\d+\.\d+)")
MENTION = re.compile(rf"(?<![\w.])(?:\((\d+\.\d+)\)|({KINDS})\s(\d+\.\d+)\b(?!\.\d))")


def anchor(kind, number):
    """Return the anchor of a numbered thing."""
    return f"{kind.lower()}-{number.replace('.', '-')}"


def numbered(doctree):
    """Yield the numbered formulas and theorems of a page, and their anchors."""
    for node in doctree.findall(nodes.math_block):
        for number in TAG.findall(node.astext()):
            yield node, anchor("equation", number)
    for node in doctree.findall(nodes.block_quote):
        head = HEAD.match(node.astext())
        if head:
            yield node, anchor(*head.groups())


class Numbers(Kept):
    """Sets the anchors, and keeps which page has them."""

    name = "book_numbers"

    def find(self, app, doctree):
        """Return the anchors of a page."""
        names = []
        for node, name in numbered(doctree):
            node["ids"] = [*node["ids"], name]
            names.append(name)
        return names


def is_theirs(text, start):
    """Say whether a theorem is one of a paper that is named just before it."""
    at = [child is text for child in text.parent.children].index(True)
    cited = at and "citation" in getattr(text.parent[at - 1], "attributes", {}).get(
        "classes", []
    )
    return is_source(text) or (cited and len(text.astext()[:start]) < 30)


def link_numbers(app, doctree, docname):
    """Link what the text says by number, but not a theorem from within itself."""
    known = {
        name: page for page, names in app.env.book_numbers.items() for name in names
    }
    for text in prose(doctree):
        found = []
        for match in MENTION.finditer(text.astext()):
            kind, number = match[2] or "equation", match[1] or match[3]
            name = anchor(kind, number)
            in_its_own_head = isinstance(text.parent, nodes.strong)
            if name not in known or in_its_own_head or is_theirs(text, match.start()):
                continue
            page = known[name]
            way = app.builder.get_relative_uri(docname, page) if page != docname else ""
            found.append((match.start(), match.end(), f"{way}#{name}", "number"))
        if found:
            put_links(text, found)


def setup(app):
    """Install the anchors and the links."""
    app.add_env_collector(Numbers)
    app.connect("doctree-resolved", link_numbers, priority=550)
    return {"parallel_read_safe": True, "env_version": 2}
