"""Where a link may stand on a page, and how it gets there."""

from docutils import nodes
from sphinx import addnodes

# A heading is a link's target, code and formulas are no prose, a link holds no other.
CLOSED = (
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.reference,
    nodes.raw,
    nodes.term,
    nodes.image,
    addnodes.desc_signature,
    addnodes.pending_xref,
    addnodes.toctree,
)


def ancestors(node):
    """Yield what a node lies in, from the inside out."""
    while node.parent is not None:
        node = node.parent
        yield node


def join_lines(doctree):
    """Make one text of neighbours: a sentence may go on in its source's next line."""
    for element in doctree.findall(nodes.TextElement):
        joined = []
        for child in element.children:
            if (
                joined
                and isinstance(child, nodes.Text)
                and isinstance(joined[-1], nodes.Text)
            ):
                joined[-1] = nodes.Text(joined[-1].astext() + child.astext())
            else:
                joined.append(child)
        element.children = []
        element.extend(joined)


def prose(doctree):
    """Yield each piece of text of a page that may hold a link."""
    join_lines(doctree)
    for text in list(doctree.findall(nodes.Text)):
        if not any(isinstance(node, CLOSED) for node in ancestors(text)):
            yield text


def link(content, address, kind):
    """Return a link to a place in the book; its kind is a class of the style sheet."""
    attributes = {"refuri": address, "internal": True, "classes": [kind]}
    return nodes.reference("", "", *content, **attributes)


def put_links(text, found):
    """Make parts of a text links: found has start, end, address, kind of each."""
    source, pieces, at = text.astext(), [], 0
    for start, end, address, kind in found:
        pieces.append(nodes.Text(source[at:start]))
        pieces.append(link([nodes.Text(source[start:end])], address, kind))
        at = end
    pieces.append(nodes.Text(source[at:]))
    parent = text.parent
    (at,) = [i for i, child in enumerate(parent.children) if child is text]
    parent[at : at + 1] = [piece for piece in pieces if piece.astext()]
