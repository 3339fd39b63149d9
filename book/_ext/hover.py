"""Cards: what a link to a term, a paper, a claim or a numbered formula would show.

A page that is opened from a disk may not ask for another, so each page carries the
cards of its own links, as templates that nothing shows until hover.js does. A target
on the page itself needs none: the script copies it.
"""

import re

from docutils import nodes
from kept import Kept
from pybtex.backends.html import Backend
from terms import GLOSSARY

REFERENCES = "book/appendix/references"
CLAIM = re.compile(r'<div class="claim[^"]*" id="(claim-[\w-]+)">.*?</div>', re.S)
HREF = re.compile(r'<a [^>]*?href="([^"#]*)#((?:term|cite|claim)-[^"]+)"')
# A card is no page: its own links lead nowhere, and its anchors are the page's.
INNER = re.compile(r'</?a\b[^>]*>| id="[^"]*"')


class Claims(Kept):
    """Keeps the claims of each chapter, as the notebook printed them."""

    name = "book_claims"

    def find(self, app, doctree):
        """Return them by their anchors."""
        return {
            match[1]: match[0]
            for node in doctree.findall(nodes.raw)
            for match in CLAIM.finditer(node.astext())
        }


def term_cards(app):
    """Return the HTML of each entry of the glossary."""
    cards = {}
    glossary = app.env.get_and_resolve_doctree(GLOSSARY, app.builder)
    for item in glossary.findall(nodes.definition_list_item):
        terms = [node for node in item.children if isinstance(node, nodes.term)]
        body = app.builder.render_partial(item.children[-1])["fragment"]
        inner = re.sub(r"^\s*<dd>|</dd>\s*$", "", body)
        html = f"<p><strong>{terms[0].astext()}</strong></p>{inner}"
        cards.update((node["ids"][0], html) for node in terms)
    return {(GLOSSARY, anchor): html for anchor, html in cards.items()}


def cards(app):
    """Return the HTML of every card, by page and anchor; made once for each build."""
    if not hasattr(app, "book_cards"):
        app.book_cards = term_cards(app)
        for citation in app.env.get_domain("cite").citations:
            html = f"<p>{citation.formatted_entry.text.render(Backend())}</p>"
            app.book_cards[REFERENCES, citation.citation_id] = html
        for page, claims in app.env.book_claims.items():
            app.book_cards.update(
                {(page, anchor): html for anchor, html in claims.items()}
            )
    return app.book_cards


def add_cards(app, pagename, templatename, context, doctree):
    """Put the cards of a page's links at its end."""
    if doctree is None:
        return
    known, wanted = cards(app), {}
    ways = {
        app.builder.get_relative_uri(pagename, page): page
        for page in {page for page, _ in known} - {pagename}
    }
    # The scoreboard's rows say what the claims say.
    body = re.sub(
        r'<table class="scoreboard.*?</table>', "", context["body"], flags=re.S
    )
    for way, anchor in HREF.findall(body):
        card = known.get((ways.get(way), anchor))
        if card:
            wanted[f"{way}#{anchor}"] = INNER.sub("", card)
    context["body"] += "".join(
        f'<template data-card="{address}">{html}</template>\n'
        for address, html in sorted(wanted.items())
    )


def setup(app):
    """Install the cards, and the script that shows them."""
    app.setup_extension("terms")
    app.add_env_collector(Claims)
    app.connect("html-page-context", add_cards)
    app.add_css_file("hover.css")
    app.add_js_file("hover.js", loading_method="defer")
    return {"parallel_read_safe": True, "env_version": 1}
