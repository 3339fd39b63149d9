"""Explorables: ``{play} lab`` puts book/play/lab.js into a page, imports included.

They are written as ES modules, one idea a file. A page that is opened from a disk may
not import files, so here they become one script: each module once, those it needs
before it, without the words ``import`` and ``export``.

A notebook says ``<!-- play: dirac -->`` on a line of its own, or ``<!-- play: digits
runs/x/generator.safetensors -->``: Jupyter and Colab show nothing there.

``{lab}`words <data=8+Gaussians&method=GP>` `` leads to the laboratory with settings.
"""

import html
import re
from base64 import b64encode
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import ReferenceRole, SphinxDirective

PLAY = Path(__file__).resolve().parent.parent / "play"
ROOT = PLAY.parent.parent
LABORATORY = "book/critics/lab"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.M)


def bundle(name, seen=None):
    """Return a module and all that it imports, each once, as one script."""
    seen = set() if seen is None else seen
    seen.add(name)
    source = (PLAY / name).read_text(encoding="utf-8")
    imports = IMPORT.findall(source)
    needed = "".join(bundle(each, seen) for each in imports if each not in seen)
    return needed + re.sub(r"^export ", "", IMPORT.sub("", source), flags=re.M)


def placed(name, settings="", file=""):
    """Return the HTML of an explorable: its place, and the script that fills it.

    A file of the repository travels with it, since a page on a disk cannot ask for one.
    """
    content = b64encode((ROOT / file).read_bytes()).decode() if file else ""
    selector = f"'[data-play=\"{name}\"]'"
    return (
        f'<div class="play" data-play="{name}" data-file="{content}"'
        f' data-settings="{html.escape(settings)}"></div>\n'
        f'<script type="module">\n{bundle(f"{name}.js")}\n'
        f"for (const root of document.querySelectorAll({selector})) {{\n"
        "  const before = root.previousElementSibling;\n"
        '  if (before?.classList.contains("play-fallback")) before.hidden = true;\n'
        "  mount(root);\n}\n</script>"
    )


class Play(SphinxDirective):
    """The place of an explorable, and a picture that it replaces."""

    required_arguments = 1
    option_spec = {
        "settings": directives.unchanged,
        "picture": directives.unchanged_required,
    }
    has_content = True

    def run(self):
        """Return the picture, with the directive's text as its alt, and the place."""
        name = self.arguments[0]
        self.env.note_dependency(str(PLAY / f"{name}.js"))
        place = nodes.container(classes=["play-fallback"])
        alt = " ".join(self.content)
        place += nodes.image(uri=self.options["picture"], alt=alt)
        script = placed(name, self.options.get("settings", ""))
        return [place, nodes.raw("", script, format="html")]


class Laboratory(ReferenceRole):
    """Words that lead to the laboratory, the settings of which are in the address."""

    def run(self):
        """Return the link."""
        page = self.env.app.builder.get_relative_uri(self.env.docname, LABORATORY)
        address = f"{page}#{self.target}"
        return [nodes.reference("", self.title, refuri=address, internal=True)], []


def fill_marks(app, doctree):
    """Put an explorable where a notebook's text has a mark for it."""
    for node in doctree.findall(nodes.raw):
        mark = re.fullmatch(r"<!-- play: (\w+) ?(\S*) -->", node.astext().strip())
        if mark:
            node.children = [nodes.Text(placed(mark[1], file=mark[2]))]


def setup(app):
    """Install the directive, the role, the marks and the style."""
    app.add_directive("play", Play)
    app.add_role("lab", Laboratory())
    app.connect("doctree-read", fill_marks)
    app.add_css_file("play.css")
    return {"parallel_read_safe": True}
