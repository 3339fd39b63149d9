"""What readers by ear and by keyboard need, and Sphinx and the theme leave undone.

The finished pages are mended, as light.py does, and twice changes nothing.
"""

import re
from pathlib import Path

import stylesheet

MENDED = {
    # The logo stood outside of every landmark.
    r'<div id="pst-primary-sidebar" (?!role)': (
        '<div id="pst-primary-sidebar" role="region" aria-label="The book" '
    ),
    # The role is deprecated; the entries of a list are its items.
    r' role="doc-biblioentry"': ' role="listitem"',
    # A corner of a table is no heading.
    r'<th class="head"><p></p></th>': "<td></td>",
    r'<th class="head"></th>': "<td></td>",
}


def mended(page):
    """Return a page with its structure put right."""
    for fault, cure in MENDED.items():
        page = re.sub(fault, cure, page)
    return page


def mend_pages(app, error):
    """Mend every page."""
    if error or app.builder.format != "html":
        return
    for path in stylesheet.pages(Path(app.outdir)):
        before = path.read_text(encoding="utf-8")
        after = mended(before)
        if after != before:
            path.write_text(after, encoding="utf-8")


def setup(app):
    """Install the mending, and the script for what scrolls."""
    app.add_js_file("access.js", loading_method="defer")
    app.connect("build-finished", mend_pages, priority=800)
    return {"parallel_read_safe": True}
