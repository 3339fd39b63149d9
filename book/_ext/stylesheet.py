"""One style sheet for the whole book, with only the rules that some page can use.

The theme and its helpers bring half a megabyte in nine files, all of which a browser
wants before it shows a word. A rule stays if every class and id that it names occurs in
a page or in a script.
"""

import re
from pathlib import Path

SHEET = "style.css"
THEME = ["styles/theme.css", "styles/pydata-sphinx-theme.css"]
TOKEN = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]""", re.S)
ALONE = ["formulas.css", "print.css"]  # for some pages, or for paper
NESTING = ("@media", "@supports", "@layer", "@container")
# What draws icons with a font of 300 kB; the pages draw theirs.
GLYPH = re.compile(r"Font Awesome|--fa-font-|^content:\"\\[ef]\w+\"$")


def rules(css):
    """Yield each rule of a style sheet: what stands before its braces, and within."""
    depth, begin, prelude = 0, 0, ""
    for token in TOKEN.finditer(css):
        if token[0] == "{":
            depth += 1
            if depth == 1:
                prelude, begin = css[begin : token.start()].strip(), token.end()
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                yield prelude, css[begin : token.start()].strip()
                begin = token.end()
        elif token[0] == ";" and depth == 0:
            begin = token.end()  # @charset: all is UTF-8


def wanted(selector, used):
    """Tell whether something in the book may match a selector."""
    plain = selector
    while plain != (plain := re.sub(r"\([^()]*\)", "", plain)):
        pass
    names = re.findall(r"[.#]((?:[\w-]|\\.)+)", plain)
    return {re.sub(r"\\", "", n) for n in names} <= used


def selectors(prelude):
    """Cut a list of selectors at its commas, not at those in brackets."""
    depth, begin = 0, 0
    for at, sign in enumerate(prelude):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            yield prelude[begin:at]
            begin = at + 1
    yield prelude[begin:]


def kept(css, used):
    """Return a style sheet without the rules that match nothing."""
    lines = []
    for prelude, body in rules(css):
        if prelude.startswith(NESTING):
            body = kept(body, used)
        elif GLYPH.search(body):
            body = ""
        elif not prelude.startswith("@"):
            some = (each.strip() for each in selectors(prelude))
            prelude = ",".join(each for each in some if wanted(each, used))
        if prelude and body:
            lines.append(f"{prelude}{{{body}}}")
    return "\n".join(lines)


def pages(out):
    """Return the files of all pages."""
    return [path for path in out.rglob("*.html") if "_static" not in path.parts]


def sheets(app):
    """Return the files of all style sheets, in the order in which they rule."""
    files = sorted(app.builder._css_files, key=lambda sheet: sheet.priority)
    names = [str(sheet.filename).removeprefix("_static/") for sheet in files]
    names = dict.fromkeys(THEME + [name.split("?")[0] for name in names])
    return [name for name in names if name not in ALONE]


def link_once(app, page):
    """Let one link take the place of the links to all sheets."""
    names = "|".join(map(re.escape, sheets(app)))
    link = re.compile(
        rf'\s*<link\b[^>]*href="([^"]*_static/)(?:{names})(?:\?[^"]*)?"[^>]*>'
    )
    first = link.search(page)
    if not first:
        return page
    one = f'\n  <link rel="stylesheet" href="{first[1]}{SHEET}" />'
    return page[: first.start()] + one + link.sub("", page[first.end() :])


def write(app):
    """Write the one sheet, when all pages are there."""
    out, static = Path(app.outdir), Path(app.outdir) / "_static"
    used = set()
    for path in [*pages(out), *static.rglob("*.js")]:
        used.update(re.findall(r"[\w:/.-]+", path.read_text(encoding="utf-8")))
    used |= {part for word in used for part in re.split(r"[.:/]", word)}
    parts = []
    for name in sheets(app):
        css = re.sub(r"/\*.*?\*/", "", (static / name).read_text("utf-8"), flags=re.S)
        folder = Path(name).parent.as_posix()
        css = (
            re.sub(r"url\((['\"]?)\.\./", r"url(\1", css) if folder == "styles" else css
        )
        parts.append(kept(css, used))
    (static / SHEET).write_text("\n".join(parts), encoding="utf-8")
