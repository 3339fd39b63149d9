"""Terms: the first use of a glossary term on a page leads to the glossary.

The glossary is written as Sphinx's own; the first line of a definition holds the
Chinese term and the symbol, and gets the chapter in which the book first says the term.
"""

import re

from docutils import nodes
from links import link, prose, put_links
from sections import is_chapter, pages

GLOSSARY = "book/appendix/glossary"
UNLINKED = {GLOSSARY, "book/appendix/references", "book/appendix/api"}
# Words of every day are terms only where the book sets them apart.
EVERYDAY = {
    "claim", "coverage", "estimate", "feature", "floor", "law", "marginal", "mode",
    "price", "referee", "support",
}  # fmt: skip
HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


def form(term):
    """Return a pattern for a term and its plural; capitals count in an acronym."""
    pattern = re.escape(term).replace(r"\ ", r"[ -]").replace("–", "[–-]")
    pattern = re.sub("['’]", "['’]", pattern)
    if re.search(r"[A-Z][A-Z\d]", term):
        return rf"{pattern}s?"
    if term.endswith("y"):
        return rf"(?i:{pattern[:-1]}(?:y|ies))"
    return rf"(?i:{pattern}(?:e?s)?)"


class Terms:
    """The terms of the glossary: for each anchor the words that mean it."""

    def __init__(self, env):
        """Read them from the glossary's page."""
        self.words = {}
        for item in env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
            terms = [each for each in item.children if isinstance(each, nodes.term)]
            anchor = terms[0]["ids"][0]
            self.words[anchor] = [re.sub(r"\s+", " ", each.astext()) for each in terms]
        self.patterns = {}
        for anchor, terms in self.words.items():
            for term in terms:
                self.patterns[form(term)] = anchor, term.lower() in EVERYDAY
        longest = sorted(self.patterns, key=len, reverse=True)
        self.any = re.compile(rf"(?<![\w-])(?:{'|'.join(longest)})(?![\w-])")

    def meant(self, word):
        """Return the anchor of a word that was found, and if it is of every day."""
        for pattern, meaning in self.patterns.items():
            if re.fullmatch(pattern, word):
                return meaning
        raise KeyError(word)

    def link_page(self, doctree, way):
        """Link the first use of each term on a page."""
        seen = set()
        for text in prose(doctree):
            emphasised = isinstance(text.parent, (nodes.emphasis, nodes.strong))
            found = []
            for match in self.any.finditer(text.astext()):
                anchor, everyday = self.meant(match[0])
                if anchor in seen or (everyday and not emphasised):
                    continue
                seen.add(anchor)
                found.append((match.start(), match.end(), f"{way}#{anchor}", "term"))
            if found:
                put_links(text, found)

    def first_uses(self, env):
        """Return the page and section in which each term is first said."""
        first = {}
        for page in filter(is_chapter, pages(env)):
            for section in env.book_sections[page]:
                if section.heading == "Sources":
                    continue
                said = f"{section.heading} {section.text}"
                for match in self.any.finditer(said):
                    first.setdefault(self.meant(match[0])[0], (page, section.anchor))
        return first


def complete(app, doctree):
    """Say in each entry of the glossary where the term is first used."""
    terms = app.terms
    first = terms.first_uses(app.env)
    for item in doctree.findall(nodes.definition_list_item):
        facts = item.next_node(nodes.paragraph)
        facts["classes"].append("term-facts")
        for text in list(facts.findall(nodes.Text)):
            mark_chinese(text)
        page, anchor = first.get(item.next_node(nodes.term)["ids"][0], (None, None))
        if page:
            way = app.builder.get_relative_uri(GLOSSARY, page)
            number = page.rpartition("/")[2][:2]
            facts += nodes.Text(" · ")
            facts += link(
                [nodes.Text(f"first in {number}")], f"{way}#{anchor}", "first-use"
            )


def mark_chinese(text):
    """Tell browsers and readers aloud which words are Chinese."""
    source, parent = text.astext(), text.parent
    if HAN.search(source):
        html = HAN.sub(lambda match: f'<span lang="zh">{match[0]}</span>', source)
        parent.replace(text, nodes.raw("", html, format="html"))


def link_terms(app, doctree, docname):
    """Link the terms of a page, and complete the glossary itself."""
    if docname == GLOSSARY:
        complete(app, doctree)
    elif docname not in UNLINKED:
        app.terms.link_page(doctree, app.builder.get_relative_uri(docname, GLOSSARY))


def read_terms(app, env):
    """Read the terms when every page is read; the glossary says where they are used."""
    app.terms = Terms(env)
    return [GLOSSARY]


def setup(app):
    """Install the links."""
    app.setup_extension("sections")
    app.connect("env-updated", read_terms)
    app.connect("doctree-resolved", link_terms, priority=600)  # citations come first
    return {"parallel_read_safe": True}
