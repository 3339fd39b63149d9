"""Explorables: ``{play} lab`` puts book/play/lab.js into a page, imports included.

They are written as ES modules, one idea a file. A page that is opened from a disk may not
import files, so here they become one script: each module once, those it needs before it,
without the words ``import`` and ``export``.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

PLAY = Path(__file__).resolve().parent.parent / "play"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.M)


def bundle(name, seen=None):
    """Return a module and all that it imports, each once, as one script."""
    seen = set() if seen is None else seen
    seen.add(name)
    source = (PLAY / name).read_text(encoding="utf-8")
    imports = IMPORT.findall(source)
    needed = "".join(bundle(each, seen) for each in imports if each not in seen)
    return needed + re.sub(r"^export ", "", IMPORT.sub("", source), flags=re.M)


class Play(SphinxDirective):
    """The place of an explorable: a picture and a text, which its script replaces."""

    required_arguments = 1
    option_spec = {
        "settings": directives.unchanged,
        "picture": directives.unchanged_required,
    }
    has_content = True

    def run(self):
        """Return the place, and the script behind it."""
        name = self.arguments[0]
        source = bundle(f"{name}.js")
        self.env.note_dependency(str(PLAY / f"{name}.js"))
        settings = html.escape(self.options.get("settings", ""))
        place = nodes.container(classes=["play-fallback"])
        if "picture" in self.options:
            alt = " ".join(self.content)
            place += nodes.image(uri=self.options["picture"], alt=alt)
            self.env.note_dependency(self.options["picture"])
        else:
            self.state.nested_parse(self.content, self.content_offset, place)
        selector = f"'[data-play=\"{name}\"]'"
        script = (
            f'<div class="play" data-play="{name}" data-settings="{settings}"></div>\n'
            f'<script type="module">\n{source}\n'
            f"for (const root of document.querySelectorAll({selector})) {{\n"
            "  root.previousElementSibling.hidden = true;\n"
            "  mount(root);\n}\n</script>"
        )
        return [place, nodes.raw("", script, format="html")]


def setup(app):
    """Install the directive and its style."""
    app.add_directive("play", Play)
    app.add_css_file("play.css")
    return {"parallel_read_safe": True}
