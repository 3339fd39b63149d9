"""Citations: "Arjovsky et al. (2017, eq. 2)" leads to its entry in the references.

Notebooks keep them as plain words, which Jupyter and Colab can show. A paper that the
bibliography lacks is a warning, and so stops the build; so is one that two entries fit.
"""

import re
from collections import defaultdict

from docutils import nodes
from links import ancestors, link, prose, put_links
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style
from pybtex.style.labels import BaseLabelStyle
from sphinx.util import logging

logger = logging.getLogger(__name__)
REFERENCES = "book/appendix/references"

# Initials may stand before a name; a name may have more words, an apostrophe, a hyphen.
CAPITAL = "[A-ZÀ-ÖØ-ÞŁŚŻŽČ]"
SURNAME = rf"(?:van de |van |de |von |d['’])?{CAPITAL}[\w’'-]+"
NAME = rf"(?:(?:{CAPITAL}\.[ -]?)+ ?)?{SURNAME}"
NAMES = rf"{NAME}(?:(?:, {NAME})*,? and {NAME}|(?:, {NAME})+|,? et al\.)?"
YEAR = r"(?:19|20)\d\d[a-z]?"
IN_BRACKETS = rf"\((?P<year>{YEAR})(?:, [^()]*)?\)"
WORDS = rf"(?P<names>{NAMES}) (?:{IN_BRACKETS}|\(?(?P<bare>{YEAR})\b)"
CITATION = re.compile(WORDS.replace(" ", r"\s"))  # a line may end in its midst
# Before a title that stands in italics.
AUTHORS_BEFORE = re.compile(
    rf"{NAME}(?:, {NAME}| and {NAME}|,? et al\.)*,? (?:\({YEAR}\), )?$"
)


def surnames(names):
    """Return the surnames in "M. Arjovsky, S. Chintala and L. Bottou"."""
    names = " ".join(names.split())
    each = re.split(r",? and |, ", names.replace("et al.", "").strip(" ,"))
    return [re.sub(rf"^(?:{CAPITAL}\.[ -]?)+ ?", "", name) for name in each]


def authors(entry):
    """Return the surnames of an entry."""
    parts = [
        [*person.rich_prelast_names, *person.rich_last_names]
        for person in entry.persons["author"]
    ]
    return [" ".join(map(str, names)) for names in parts]


def label(entry):
    """Return what the text calls an entry, less a letter that sets two apart."""
    names = authors(entry)
    first = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{first} {entry.fields.get('year', '')}".strip()


def labels(entries):
    """Return a label for each entry; two of the same year get letters, by title."""
    titles = defaultdict(list)
    for entry in entries:
        titles[label(entry)].append(entry.fields["title"])
    for entry in entries:
        same = sorted(titles[label(entry)])
        letter = chr(ord("a") + same.index(entry.fields["title"]))
        yield label(entry) + (letter if len(same) > 1 else "")


class Labels(BaseLabelStyle):
    """Entries are labelled as the text calls them."""

    def format_labels(self, sorted_entries):
        """Return the labels, in order."""
        return labels(sorted_entries)


class BookStyle(Style):
    """Pybtex's plain style with the book's labels."""

    default_label_style = Labels
    default_sorting_style = "author_year_title"


def fits(entry, name, year, names):
    """Say whether an author and year in the text can mean an entry."""
    everyone, named = authors(entry), surnames(names.replace("’", "'"))
    if names.endswith("al."):
        everyone = everyone[: len(named)] if len(everyone) > 2 else None
    return named == everyone and year in (entry.fields.get("year"), name[-len(year) :])


def plain(title):
    """Return a title's letters alone: braces and capitals differ between sources."""
    return re.sub(r"[\W_]+", "", re.sub(r"\\.|[{}]", "", title)).lower()


def is_source(node):
    """Say whether a node lies in a list of sources."""
    sections = (each for each in ancestors(node) if isinstance(each, nodes.section))
    return any(each.next_node(nodes.title).astext() == "Sources" for each in sections)


class Linker:
    """Puts the links of one page."""

    def __init__(self, app, docname):
        """Know the bibliography and the way to it."""
        self.entries = app.env.get_domain("cite").bibdata.data.entries
        self.labels = dict(
            zip(self.entries, labels(self.entries.values()), strict=True)
        )
        self.way = app.builder.get_relative_uri(docname, REFERENCES)

    def address(self, key):
        """Return the address of an entry."""
        return f"{self.way}#cite-{key}"

    def titles(self, doctree):
        """Link the titles in a list of sources."""
        known = {}
        for key, entry in self.entries.items():
            for field in ("title", "shorttitle"):
                known[plain(entry.fields.get(field, key))] = key
        for title in filter(is_source, list(doctree.findall(nodes.emphasis))):
            key = known.get(plain(title.astext()))
            before = title.parent.astext().partition(title.astext())[0]
            if key:
                content, title.children = title.children, []
                title += link(content, self.address(key), "citation")
            elif AUTHORS_BEFORE.search(before):
                text = f"the references lack “{title.astext()}”"
                logger.warning(text, location=title, type="citation")

    def names(self, doctree):
        """Link authors and years."""
        for text in prose(doctree):
            found = [
                self.one(match, text) for match in CITATION.finditer(text.astext())
            ]
            if any(found):
                put_links(text, [each for each in found if each])

    def one(self, match, text):
        """Return where a link begins, ends and leads, if this is a citation."""
        names, year = match["names"], match["year"] or match["bare"]
        keys = [
            key
            for key, entry in self.entries.items()
            if fits(entry, self.labels[key], year, names)
        ]
        if len(keys) == 1:
            return match.start(), match.end(), self.address(keys[0]), "citation"
        several = len(surnames(names)) > 1 or names.endswith("al.")
        if keys or several or (match["year"] and not names.isupper()):
            fault = "more than one entry" if keys else "no entry"
            logger.warning(
                f"{fault} in the references for “{match[0]}”",
                location=text.parent,
                type="citation",
            )
        return None


def link_citations(app, doctree, docname):
    """Make every citation of a page a link."""
    if docname != REFERENCES:
        linker = Linker(app, docname)
        linker.titles(doctree)
        linker.names(doctree)


def setup(app):
    """Install the links and the style of the bibliography."""
    register_plugin("pybtex.style.formatting", "book", BookStyle)
    app.connect("doctree-resolved", link_citations)
    return {"parallel_read_safe": True}
