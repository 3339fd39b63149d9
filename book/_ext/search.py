"""Search: one script with the book's sections in plain words, which search.js looks in.

Sphinx's own search asks for each page to make an excerpt, which a page on a disk may
not, and it puts the names of functions before what the book says of a thing.
"""

import json
from pathlib import Path

from sections import is_chapter, pages

TEMPLATES = Path(__file__).resolve().parent.parent / "_templates"
LIBRARY = "book/appendix/api"


def kind(page, section):
    """Return which of three groups of results a section stands in."""
    if page == LIBRARY or section.is_object:
        return "library"
    return "chapters" if is_chapter(page) else "elsewhere"


def entries(env):
    """Return the sections that say something, in the order of the book."""
    for page in pages(env):
        title = env.titles[page].astext()
        for section in env.book_sections.get(page, []):
            if section.text:
                where = f"{page}.html#{section.anchor}"
                what = kind(page, section)
                yield [where, title, section.heading, section.text, what]


def write_texts(app, exception):
    """Write the sections beside the scripts."""
    if exception is None and app.builder.format == "html":
        texts = json.dumps(list(entries(app.env)), ensure_ascii=False, indent=0)
        path = Path(app.outdir) / "_static" / "search-texts.js"
        path.write_text(f"const SECTIONS = {texts};\n", encoding="utf-8")


def setup(app):
    """Install the writer and the page."""
    app.setup_extension("sections")
    app.config.templates_path.append(str(TEMPLATES))
    app.add_css_file("search.css")
    app.connect("build-finished", write_texts)
    return {"parallel_read_safe": True}
