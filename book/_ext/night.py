"""A drawing for the page: without its paper by day, and in the night's colours.

What a colour means stays; the palette's own counterparts are those of book.css. Another
colour is made lighter until it can be seen, a grey is mirrored, and what stands on an
image or a heat map (`wgan_lib.figures` names it) keeps its colours, as its ground does.
"""

import re
from xml.etree import ElementTree

from matplotlib.colors import to_hex, to_rgb

from wgan_lib.figures import PAPER, contrast, luminance

NIGHT, INK = "#14171a", "#e9e7e2"
COUNTERPARTS = {
    "#0072b2": "#56b4e9",
    "#d55e00": "#ff8c3a",
    "#009e73": "#2bbf93",
    "#e69f00": "#f4cf57",  # the real one's light blue and the amber would come too near
    "#56b4e9": "#b5dcf6",
}
SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", SVG)


def mixed(one, other, share):
    """Return a colour between two, as three numbers."""
    return [
        a + share * (b - a) for a, b in zip(to_rgb(one), to_rgb(other), strict=True)
    ]


def purely(colour):
    """Return a colour at full strength: what two shades of one have in common."""
    return [channel / max(to_rgb(colour)) for channel in to_rgb(colour)]


def counterpart(colour):
    """Return the palette's colour for the night, of a shade of one of its colours."""
    for day, night in COUNTERPARTS.items():
        pairs = zip(purely(day), purely(colour), strict=True)
        if all(abs(a - b) < 0.02 for a, b in pairs):
            return night
    return None


def mirrored(grey):
    """Return a grey as far from the night as it is from the paper: faint lines stay."""
    ink, paper = to_rgb("#1a1a1a")[0], to_rgb(PAPER)[0]
    share = (sum(to_rgb(grey)) / 3 - ink) / (paper - ink)
    return mixed(INK, NIGHT, min(max(share, 0), 1))


def by_night(colour, words=False):
    """Return the colour of a mark, or of words, for the night."""
    grey = max(to_rgb(colour)) - min(to_rgb(colour)) < 0.08
    least = 4.55 if words else 1 if grey else 3
    if words and luminance(colour) > 0.7:  # they stand on a dark mark, light by night
        least = 1
    colour = mirrored(colour) if grey else counterpart(colour) or colour
    while contrast(colour, NIGHT) < least:
        colour = mixed(colour, "#ffffff", 0.03)
    return to_hex(colour)


def recolour(element, words=False):
    """Give an element and all in it the colours of the night."""
    name = element.get("id", "")
    if name.startswith("as-drawn"):
        return
    words = words or name.startswith("text_")
    if style := element.get("style"):
        style = re.sub("#[0-9a-f]{6}", lambda found: by_night(found[0], words), style)
        element.set("style", style)
    for child in element:
        recolour(child, words)


def for_the_page(drawing, night=False):
    """Return a drawing, bytes, without its paper: the page has its own."""
    root = ElementTree.fromstring(drawing)
    if (paper := root.find(f".//{{{SVG}}}g[@id='patch_1']")) is not None:
        paper.clear()
    if night:
        recolour(root)
        for pixels in root.iter(f"{{{SVG}}}image"):
            dimmed = "filter: brightness(0.86)"  # a white map would glare
            pixels.set("style", f"{pixels.get('style', '')};{dimmed}".strip(";"))
    return ElementTree.tostring(root)
