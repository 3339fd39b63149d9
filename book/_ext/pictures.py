"""Pictures: numbered figures with a caption, a file for the day and one for the night.

A notebook's picture and a slider's frames become files beside the page, which a reader
fetches when they come into view. A slider is an ``<input type="range">`` over them: the
page needs neither Jupyter's widgets nor their state.
"""

import html
import io
import math
import re
from base64 import b64decode
from pathlib import Path
from typing import NamedTuple

import myst_nb.core.render as notebooks
from docutils import nodes
from night import for_the_page
from PIL import Image
from sphinx.util import logging

from wgan_lib.figures import CAPTION, KINDS

Renderer = notebooks.NbElementRenderer
render_markdown, render_plain = Renderer.render_markdown, Renderer.render_text_plain
EXTENSIONS = {
    kind: {"image/svg+xml": "svg"}.get(kind, kind[6:]) for kind in KINDS.values()
}
FRAME = re.compile(
    r'<img src="data:([^;]+);base64,([^"]*)" alt="([^"]*)" width="(\d+)"'
)


class Frame(NamedTuple):
    """One image: what its file holds, and what the page says of it."""

    kind: str
    content: bytes
    alt: str
    width: int

    @property
    def height(self):
        """Return its height on the page, so that nothing moves when it comes."""
        if self.kind == "image/svg+xml":
            box = re.search(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"', self.content)
            width, height = map(float, box.groups())
        else:
            width, height = Image.open(io.BytesIO(self.content)).size
        return round(self.width * height / width)


class picture(nodes.General, nodes.TextElement):  # noqa: N801 (docutils' way)
    """A figure: `frames`, and for a slider its `values`, `start` and `label`."""


# From a notebook's outputs to figures


def figure(renderer, caption, line, **attributes):
    """Return a figure whose caption is a line of Markdown."""
    node = picture("", "", **attributes)
    with renderer.current_node_context(node):
        if caption:
            renderer.nested_render_text(caption, line or 0, inline=True)
    return [node]


def render_image(self, data):
    """Make a figure of an output that is an image."""
    words = data.output_metadata.get(data.mime_type, {})
    drawn = data.mime_type == "image/svg+xml"
    content = data.content.encode() if drawn else b64decode(data.content)
    width = words.get("width") or Image.open(io.BytesIO(content)).width
    frame = Frame(data.mime_type, content, words.get("alt", ""), int(width))
    return figure(self.renderer, words.get("caption"), data.line, frames=[frame])


def render_widget(self, data):
    """Make a figure of a slider that `wgan_lib.widgets` made."""
    state = self.renderer.nb_client.nb_metadata["widgets"]
    state = state["application/vnd.jupyter.widget-state+json"]["state"]

    def below(name):
        children = state[name]["state"].get("children", [])
        return [child.removeprefix("IPY_MODEL_") for child in children]

    control, stack, *caption = below(data.content["model_id"])
    images = [FRAME.match(state[name]["state"]["value"]) for name in below(stack)]
    if state[control]["model_name"] != "SelectionSliderModel" or None in images:
        message = "the page can show no widget but wgan_lib's slider"
        logging.getLogger(__name__).warning(message, location=self.renderer.document)
        return []
    frames = [
        Frame(kind, b64decode(content), html.unescape(alt), int(width))
        for kind, content, alt, width in (image.groups() for image in images)
    ]
    control = state[control]["state"]
    words = html.unescape(state[caption[0]]["state"]["value"]) if caption else ""
    return figure(
        *(self.renderer, words, data.line),
        frames=frames,
        values=control["_options_labels"],
        start=control["index"],
        label=control["description"],
    )


def unless_caption(render):
    """Leave out an output that repeats a picture's caption for readers in Jupyter."""

    def render_others(self, data):
        repeats = data.output_metadata.get("text/markdown") == CAPTION
        return [] if repeats else render(self, data)

    return render_others


def number(app, doctree):
    """Number a chapter's figures in their order: 5.1, 5.2."""
    page = Path(app.env.docname).name
    chapter = re.match(r"\d\d", page)
    for count, node in enumerate(doctree.findall(picture), start=1):
        node["number"] = f"{int(chapter[0])}.{count}" if chapter else str(count)
        node["ids"] = [f"figure-{node['number'].replace('.', '-')}"]
        node["file"] = node["ids"][0] if chapter else f"{page}-{count}"


# From figures to the page


def image(translator, frame, name, theme="", still=b""):
    """Write the file of an image, and return its tag."""
    file = f"{name}{theme}.{'png' if still else EXTENSIONS[frame.kind]}"
    folder = Path(translator.builder.outdir, translator.builder.imagedir)
    folder.mkdir(exist_ok=True)
    content = still or frame.content
    if frame.kind == "image/svg+xml":
        content = for_the_page(content, night=theme == "-night")
    (folder / file).write_bytes(content)
    address = f"{translator.builder.imgpath}/{file}"
    if still:
        motion = "(prefers-reduced-motion: reduce)"
        return f'<source srcset="{address}" media="{motion}">'
    shown = {"-day": "only-light", "-night": "only-dark"}.get(theme, "sheet dark-light")
    shown += " in-colours" if not theme and has_colours(frame.content) else ""
    return (
        f'<img class="{shown}" src="{address}" alt="{html.escape(frame.alt)}"'
        f' width="{frame.width}" height="{frame.height}" loading="lazy">'
    )


def has_colours(content):
    """Tell a plot of pixels, which the night may turn over, from grey digits."""
    saturation = Image.open(io.BytesIO(content)).convert("HSV").getchannel("S")
    return sum(saturation.histogram()[64:]) > 0.005 * math.prod(saturation.size)


def images(translator, frame, name):
    """Return the tags of a drawing by day and by night, or of what is pixels."""
    if frame.kind == "image/svg+xml":
        themes = ("-day", "-night")
        return "".join(image(translator, frame, name, theme) for theme in themes)
    if frame.kind != "image/gif":
        return image(translator, frame, name)
    film, still = Image.open(io.BytesIO(frame.content)), io.BytesIO()
    film.seek(film.n_frames - 1)
    film.convert("L").save(still, "png", optimize=True)
    still = image(translator, frame, f"{name}-still", still=still.getvalue())
    return f"<picture>{still}{image(translator, frame, name)}</picture>"


def control(node):
    """Return a slider's handle, with its name and its value in words."""
    start, name = node["start"], html.escape(node["label"])
    value = html.escape(node["values"][start])
    identifier = f"{node['ids'][0]}-value"
    return (
        f'<div class="control"><label for="{identifier}">{name}</label>'
        f'<input type="range" id="{identifier}" min="0" max="{len(node["frames"]) - 1}"'
        f' value="{start}" aria-valuetext="{value}" autocomplete="off">'
        f'<output for="{identifier}">{value}</output></div>'
    )


def visit(translator, node):
    """Begin a figure, up to the words of its caption."""
    frames, values = node["frames"], node.get("values", [])
    kind = " slider" if values else " film" if frames[0].kind == "image/gif" else ""
    parts = [f'<figure class="picture{kind}" id="{node["ids"][0]}">']
    parts += [control(node)] if values else []
    for index, frame in enumerate(frames):
        name = f"{node['file']}-{index:02}" if values else node["file"]
        value = f' data-value="{html.escape(values[index])}"' if values else ""
        hidden = " hidden" if index != node.get("start", 0) else ""
        tags = images(translator, frame, name)
        parts.append(f'<div class="frame"{value}{hidden}>{tags}</div>')
    count = f'<span class="figure-number">Figure {node["number"]}</span> '
    translator.body.append("\n".join([*parts, f"<figcaption>{count}"]))


def depart(translator, node):
    """End it."""
    translator.body.append("</figcaption></figure>\n")


def setup(app):
    """Draw notebooks' pictures as figures, and leave Jupyter's widgets out."""
    Renderer.render_image, Renderer.render_widget_view = render_image, render_widget
    Renderer.render_markdown = unless_caption(render_markdown)
    Renderer.render_text_plain = unless_caption(render_plain)
    Renderer.render_nb_finalise = lambda self, metadata: None
    app.add_node(picture, html=(visit, depart))
    app.connect("doctree-read", number)
    app.add_css_file("pictures.css")
    app.add_js_file("pictures.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
