"""What a website needs beside its pages: descriptions, cards for links, a map, a 404.

The address of the site follows from that of the repository, which _config.yml names.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from sections import is_chapter, pages, told

BOOK = Path(__file__).resolve().parent.parent
CARD = "_static/assets/card.png"  # 1200 × 630, what a shared link shows
ABOUT = (
    "Wasserstein GANs, derived, run and held against exact optimal transport:"
    " an interactive book with its code."
)


def set_address(app, config):
    """Derive the address at which GitHub shows the site."""
    url = config.html_theme_options["repository_url"]
    owner, name = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+)", url).groups()
    config.html_baseurl = f"https://{owner}.github.io/{name}/"


def description(doctree):
    """Return the first sentences of a page, up to the length that is shown."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = told(paragraph)
        if len(text) > 60:
            sentences = re.split(r"(?<=[.!?]) (?=[A-Z])", text)
            whole = sentences[0]
            for sentence in sentences[1:]:
                if len(whole) + len(sentence) < 200:
                    whole += f" {sentence}"
            return whole if len(whole) <= 240 else whole[:237].rsplit(" ", 1)[0] + " …"
    return ABOUT


def add_tags(app, pagename, templatename, context, doctree):
    """Describe a page to search engines and to whoever is sent its link."""
    title = html.unescape(re.sub("<[^>]+>", "", context.get("title", "")))
    about = description(doctree)
    tags = {
        "og:title": title or app.config.html_title,
        "og:description": about,
        "og:type": "article" if is_chapter(pagename) else "website",
        "og:url": app.config.html_baseurl + app.builder.get_target_uri(pagename),
        "og:site_name": app.config.html_title,
    }
    if (BOOK / CARD).exists():
        tags["og:image"] = app.config.html_baseurl + CARD
    lines = [f'<meta name="description" content="{html.escape(about)}" />']
    for name, value in tags.items():
        lines.append(f'<meta property="{name}" content="{html.escape(value)}" />')
    card = "summary_large_image" if "og:image" in tags else "summary"
    lines.append(f'<meta name="twitter:card" content="{card}" />')
    context["metatags"] = context.get("metatags", "") + "\n".join(lines) + "\n"


def chapter_list(app):
    """Return links to the chapters, whole ones: the page may be shown anywhere."""
    for page in filter(is_chapter, pages(app.env)):
        address = app.config.html_baseurl + app.builder.get_target_uri(page)
        title = html.escape(app.env.titles[page].astext())
        yield f'<li><a href="{address}">{title}</a></li>'


def write_rest(app, exception):
    """Write the map of the site and the page for addresses that do not exist."""
    if exception is not None or app.builder.format != "html":
        return
    base = app.config.html_baseurl
    places = "".join(
        f"<url><loc>{base}{app.builder.get_target_uri(page)}</loc></url>\n"
        for page in pages(app.env)
    )
    sitemap = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{places}</urlset>\n"
    )
    (Path(app.outdir) / "sitemap.xml").write_text(sitemap, encoding="utf-8")
    lost = (BOOK / "_templates" / "404.html").read_text(encoding="utf-8")
    logo = (BOOK / "_static" / "logo.svg").read_text(encoding="utf-8")
    marks = {
        "{{ base }}": base,
        "{{ logo }}": logo,
        "{{ title }}": html.escape(app.config.html_title),
        "{{ chapters }}": "\n".join(chapter_list(app)),
    }
    for mark, value in marks.items():
        lost = lost.replace(mark, value)
    (Path(app.outdir) / "404.html").write_text(lost, encoding="utf-8")


def setup(app):
    """Install all of them."""
    app.setup_extension("sections")
    app.connect("config-inited", set_address)
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", write_rest)
    return {"parallel_read_safe": True}
