"""Light pages: what the theme sends and the book does not need stays at home.

The theme draws a dozen icons with a script of 1.5 MB, lets scripts stand before the
text, and says of no picture how large it will be. Here icons are drawn into the page,
scripts wait until the text is there, one style sheet holds only the rules that the book
uses, and every picture has its place before it comes. What is done is done to the
finished pages, and doing it twice changes nothing.
"""

import re
import shutil
from functools import cache
from html import unescape
from pathlib import Path

import pydata_sphinx_theme
import stylesheet
from PIL import Image

STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
TEXT_FONTS = ["Serif-Regular", "Serif-Semibold", "Serif-Italic", "Mono-Regular"]
FONTS = [*TEXT_FONTS, "Sans-Regular", "Sans-Semibold", "SerifDisplay-Semibold"]
HURRY = """<script>
  if (location.protocol !== "file:") {
    const page = document.documentElement;
    const font = { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "" };
    const ask = href => new Promise(done => {
      const link = Object.assign(document.createElement("link"), font);
      document.head.append(Object.assign(link, { href, onload: done, onerror: done }));
    });
    const show = () => page.classList.remove("waits");
    page.classList.add("waits");
    Promise.all([FILES].map(ask)).then(() => document.fonts.ready).then(show);
    setTimeout(show, WAIT - performance.now());
  }
</script>
"""
WAIT, LONG_PAGE = (1800, 1400), 250_000  # ms after it was asked for, and sooner if long
UNUSED = ["scripts/fontawesome*", "scripts/*.map", "styles/*.map", "vendor/fontawesome"]
ICON = re.compile(
    r'(<(i|span) class="[^"]*\bfa([bs]|-solid|-brands) fa-([\w-]+)[^>]*>)\s*(?=</\2>)'
)


@cache
def icon(family, name):
    """Return an icon of Font Awesome Free (CC BY 4.0) as SVG."""
    source = (STATIC / "scripts/fontawesome.js").read_text(encoding="utf-8")
    pattern = rf'[{{,]"?{name}"?:\[(\d+),(\d+),\[[^\]]*\],"\w+","([^"]+)"'
    found = re.findall(pattern, source)  # brands first, solid last
    width, height, path = found[0 if family.endswith(("b", "brands")) else -1]
    return (
        f'<svg class="icon" aria-hidden="true" viewBox="0 0 {width} {height}">'
        f'<path fill="currentColor" d="{path}"/></svg>'
    )


def text_first(page):
    """Let scripts wait for the text, and draw the icons without one."""
    page = re.sub(r'<script[^>]*src="[^"]*fontawesome\.js[^>]*></script>', "", page)
    page = re.sub(r'<link rel="preload" as="script"[^>]*>\s*', "", page)
    page = re.sub(r"<script (?![^>]*\bdefer\b)(?=[^>]*\bsrc=)", "<script defer ", page)
    # A module waits for the scripts before it; an inline script would come before them.
    page = re.sub(
        r"<script>(?=DOCUMENTATION_OPTIONS\.)", '<script type="module">', page
    )
    return ICON.sub(drawn, page)


def drawn(match):
    """Draw an icon into its element, which no font shall fill any more."""
    element = re.sub(r"\bfa(?:[bs]|-[\w-]+)\b\s*", "", match[1])
    return element + icon(match[3], match[4])


@cache
def size(path):
    """Return a picture's width and height in CSS pixels, or None."""
    if path.suffix == ".svg":
        head = path.read_text(encoding="utf-8")[:2000]
        box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', head)
        return box and tuple(round(float(side)) for side in box.groups())
    if path.suffix in (".png", ".jpg", ".webp", ".gif"):
        with Image.open(path) as image:
            return image.size
    return None


def placed(page, folder):
    """Give every picture its size, and let those further down load when they near."""
    seen = 0

    def with_place(match):
        nonlocal seen
        tag, source = match[0], re.search(r'\bsrc="([^":?]+)"', match[0])
        path = source and (folder / source[1]).resolve()
        if not path or not path.exists():
            return tag
        seen += 1
        sides = None if re.search(r"\b(width|style)=", tag) else size(path)
        if sides:
            place = f'<img width="{sides[0]}" height="{sides[1]}" '
            tag = tag.replace("<img ", place, 1)
        if seen > 3 and "loading=" not in tag:  # the logo is there twice
            tag = tag.replace("<img ", '<img loading="lazy" decoding="async" ', 1)
        return tag

    return re.sub(r"<img\b[^>]*>", with_place, page)


def hurried(page):
    """Ask for the fonts first, and show the text when they are there, or soon without.

    Whoever comes later moves the lines. A long page, which takes half a second more to
    be laid out, waits less. A page on a disk has its fonts at once, and Chromium would
    refuse it the hint.
    """
    sheet = re.search(r'<link rel="stylesheet" href="([^"]*_static/)', page)
    if not sheet or "crossOrigin" in page[: sheet.start()]:
        return page
    files = ", ".join(f'"{sheet[1]}fonts/Earth{name}.woff2"' for name in FONTS)
    script = HURRY.replace("FILES", files).replace(
        "WAIT", str(WAIT[len(page) > LONG_PAGE])
    )
    return page[: sheet.start()] + script + page[sheet.start() :]


def without_index(page):
    """Ask for nothing that Sphinx's own search needs; the book's has a page."""
    asked = r'\s*<script [^>]*src="[^"]*(?:searchtools|language_data|searchindex)\.js'
    return re.sub(asked + r'[^"]*"></script>', "", page)


def named_once(page):
    """Say the book's name once in the title of its first page."""
    return re.sub(r"<title>(.+?) &#8212; \1</title>", r"<title>\1</title>", page)


def headed(page):
    """Let every printed page say which chapter it is of."""
    title = re.search(r"<title>(.*?)(?: &#8212; .*)?</title>", page)
    if not title or "@top-left" in page:
        return page
    words = re.sub(r'[\\"<]', "", unescape(title[1]))
    style = f'@page {{ @top-left {{ content: "{words}"; font: 8.5pt sans-serif; }} }}'
    return page.replace("</head>", f'<style media="print">{style}</style>\n</head>', 1)


def finish(app, error):
    """Make every page light, then delete what no page asks for any more."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for path in stylesheet.pages(out):
        before = path.read_text(encoding="utf-8")
        page = without_index(headed(named_once(text_first(before))))
        page = placed(page, path.parent)
        page = hurried(stylesheet.link_once(app, page))
        if page != before:
            path.write_text(page, encoding="utf-8")
    stylesheet.write(app)
    for pattern in UNUSED:
        for path in (out / "_static").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app):
    """Come last, when every other extension has written what it writes."""
    app.add_css_file("light.css")
    app.add_css_file("print.css", media="print")
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
