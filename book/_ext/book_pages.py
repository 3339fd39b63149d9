"""Carry a picture's alt text from the notebook to the page.

MyST-NB passes on the width and height that an output gives in its metadata, but not the alt text.
"""

from myst_nb.core.render import NbElementRenderer

render_image = NbElementRenderer.render_image


def render_image_with_alt(self, data):
    """Add the output's own alt text to the image that MyST-NB makes of it."""
    images = render_image(self, data)
    alt = data.output_metadata.get(data.mime_type, {}).get("alt")
    if alt:
        images[0]["alt"] = alt
    return images


def setup(app):
    """Install the renderer."""
    NbElementRenderer.render_image = render_image_with_alt
    return {"parallel_read_safe": True}
