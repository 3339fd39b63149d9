"""Two things that Sphinx and MyST-NB leave undone."""

from myst_nb.core.render import NbElementRenderer

render_image = NbElementRenderer.render_image


def render_image_with_alt(self, data):
    """Carry a picture's alt text to the page; MyST-NB passes on only the width and height that stand beside it."""
    images = render_image(self, data)
    alt = data.output_metadata.get(data.mime_type, {}).get("alt")
    if alt:
        images[0]["alt"] = alt
    return images


def unname_references(app, what, name, obj, options, lines):
    """Turn a module's "References" from a section into a heading, since several modules share a page."""
    if what == "module" and "References" in lines:
        at = lines.index("References")
        lines[at : at + 2] = [".. rubric:: References", ""]


def setup(app):
    """Install both."""
    NbElementRenderer.render_image = render_image_with_alt
    app.connect("autodoc-process-docstring", unname_references)
    return {"parallel_read_safe": True}
