r"""The style of every picture in the book: one colour, one meaning.

Real points are blue, generated ones vermilion, what a critic says is green, and the exact referee
is black: colours of Okabe and Ito that colour-blind readers can tell apart. Markers differ too, so
that a figure survives a black-and-white printer.
"""

import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import display
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.contour import ContourSet, QuadContourSet
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from PIL import Image
from torch import Tensor

REAL = "#0072B2"
GENERATED = "#D55E00"
CRITIC = "#009E73"
EXACT = "#1a1a1a"
MUTED = "#8a8a8a"
ACCENTS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
PAPER = "#fcfcfa"
KINDS = {b"<svg": "image/svg+xml", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
CAPTION = {"is": "caption"}  # metadata of an output that repeats a picture's caption

SVG_LIMIT = 250_000  # bytes: a larger drawing is lighter as a PNG
MANY = 1500  # points of a cloud that become pixels within the drawing
DPI = 200  # of pixels, wherever they are
FONT = Path(__file__).parent / "fonts" / "EarthSans-Regular.ttf"  # the face of the book's pages

STYLE = {
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.figsize": (7.2, 3.4),
    "figure.constrained_layout.use": True,
    "font.family": ["Earth Sans", "DejaVu Sans"],
    "mathtext.fontset": "stixsans",
    "font.size": 12,
    "axes.titlesize": 12.5,
    "text.color": EXACT,
    "axes.labelcolor": EXACT,
    "axes.edgecolor": EXACT,
    "xtick.color": EXACT,
    "ytick.color": EXACT,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=ACCENTS),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e0",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.labelspacing": 0.25,
    "image.cmap": "gray",
}


def use_style() -> None:
    """Give every figure from here on the book's style, and draw it only where `show` is called."""
    font_manager.fontManager.addfont(FONT)
    plt.rcParams.update(STYLE)
    plt.ioff()


def show(fig: Figure, alt: str, caption: str = "") -> None:
    """Display `fig` here, with a text for readers who cannot see it, and close it.

    Parameters
    ----------
    fig : Figure
        Drawn, and not needed afterwards.
    alt : str
        What a sighted reader would take from the picture, in a sentence or two.
    caption : str, optional
        What everybody reads below it: plain words, and formulas between dollar signs.

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    width = int(fig.get_figwidth() * 100)
    show_picture(picture(fig), alt, width=width, caption=caption)


def show_picture(content: bytes, alt: str, width: int, caption: str = "") -> None:
    """Display the bytes of an SVG, PNG or GIF file here, with a text for readers who cannot see it.

    Parameters
    ----------
    content : bytes
        What the file holds.
    alt : str
        What a sighted reader would take from it.
    width : int
        In pixels of the page.
    caption : str, optional
        As for `show`.

    Raises
    ------
    ValueError
        If `alt` is empty, or the bytes are neither SVG nor PNG nor GIF.

    Notes
    -----
    The text stands where Jupyter and the rendered page look for it, in the metadata, and is the
    plain-text form of the output, for whatever shows no pictures. IPython's own ``Image(alt=...)``
    came with IPython 8; Colab has 7.
    """
    if not alt.strip():
        raise ValueError("alt is empty: describe in a sentence what the picture shows")
    kind = KINDS.get(content[:4])
    if kind is None:
        raise ValueError(
            f"a picture begins with {content[:4]!r}: expected the bytes of an SVG, PNG or GIF file"
        )
    text = content.decode() if kind == "image/svg+xml" else b64encode(content).decode()
    shown = {kind: text, "text/plain": alt}
    words = {"alt": alt, "caption": caption} if caption else {"alt": alt}
    display(shown, metadata={kind: {"width": width} | words}, raw=True)
    if caption:  # Jupyter shows it below the picture; the page takes it from the metadata
        display(
            {"text/markdown": caption, "text/plain": caption},
            metadata={"text/markdown": CAPTION},
            raw=True,
        )


def picture(fig: Figure, limit: int = SVG_LIMIT) -> bytes:
    """Return `fig` as SVG, or as PNG where that would be larger than `limit`, and close it.

    The bytes depend on the picture alone: no date, no version. Glyphs are outlines, so that every
    reader sees the same letters; clouds of many points and heat maps are pixels within the drawing.
    """
    clouds = fig.findobj(PathCollection)
    for cloud in clouds:
        cloud.set_rasterized(len(cloud.get_offsets()) > MANY)
    for mesh in fig.findobj(QuadMesh):
        mesh.set_rasterized(True)
    fig.canvas.draw()  # settles where everything is
    for contours in fig.findobj(ContourSet):
        contours.set_paths(
            [_simpler(path, contours.get_transform()) for path in contours.get_paths()]
        )
    legible(fig)
    drawing = svg(fig)
    if clouds and len(drawing) > limit:  # small clouds, but many of them
        for cloud in clouds:
            cloud.set_rasterized(True)
        drawing = svg(fig)
    content = drawing if len(drawing) <= limit else png(fig, DPI)
    plt.close(fig)
    return content


def _simpler(path: Outline, transform: mpl.transforms.Transform) -> Outline:
    """Return a level line without the points that change it by less than a third of a pixel."""
    drawn = path.transformed(transform)
    drawn.simplify_threshold = 0.3
    simple = drawn.cleaned(simplify=True)
    kept = simple.codes != Outline.STOP
    return Outline(simple.vertices[kept], simple.codes[kept]).transformed(transform.inverted())


def svg(fig: Figure) -> bytes:
    """Return `fig` as an SVG element, coordinates to .01 of a point, .1 where there are many."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": "book", "svg.fonttype": "path"}):
        fig.savefig(buffer, format="svg", dpi=DPI, metadata=nothing)
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<!--.*?-->|(?<=>)\s+(?=<)", "", drawing, flags=re.S)
    drawing = re.sub(r'(?<= [dxy]=")[^"]+', _shorter, drawing)
    drawing = re.sub(r"<g( clip-path=[^>]*)>((?:<use [^>]*/>)+)</g>", _styled_once, drawing)
    names = dict.fromkeys(re.findall(r'id="([mp][0-9a-f]{10})"', drawing))
    short = {name: f"{name[0]}{number}" for number, name in enumerate(names)}
    drawing = re.sub(r"(?<=[#\"])[mp][0-9a-f]{10}\b", lambda name: short[name[0]], drawing)
    return re.sub(r"\s+", " ", drawing).replace("xlink:href=", "href=").encode()


def _shorter(path: re.Match) -> str:
    """Round a path's coordinates, and leave out the letter that says once more "a line to"."""
    digits = 2 if len(path[0]) < 1000 else 1
    numbers = re.sub(
        r"\d+\.\d{3,}",
        lambda number: f"{float(number[0]):.{digits}f}".rstrip("0").rstrip("."),
        path[0],
    )
    return numbers if re.search("[CQ]", numbers) else re.sub(r"\s+L ", " ", numbers)


def _styled_once(points: re.Match) -> str:
    """Give the style that all points of a cloud share to their group: a third of its bytes."""
    clip, uses = points.groups()
    styles = re.findall(r' style="[^"]*"', uses)
    if len(set(styles)) > 1:
        return points[0]
    return f"<g{clip}{styles[0] if styles else ''}>{re.sub(r' style=.[^>]*(?=/>)', '', uses)}</g>"


def png(fig: Figure, dpi: int) -> bytes:
    """Return `fig` as PNG bytes in 256 colours: exact for grey digits, and a third of the bytes."""
    drawn, content = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=dpi)
    image = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(content, format="png", optimize=True)
    return content.getvalue()


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours after WCAG 2.2: 1 for the same, 21 for black and white."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of an sRGB colour: 0 for black, 1 for white."""
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def legible(fig: Figure) -> None:
    """Darken coloured words until they can be read on the paper, and mark what stands on a picture.

    A line may have 3:1, words need 4.5:1. Words on a picture or a heat map have a ground of their
    own: they stay, and in the dark as well, for which the page looks for the names given here.
    """
    grounded = list(_on_pictures(fig))
    for number, artist in enumerate(grounded):
        artist.set_gid(f"as-drawn-{number}")
    for words in fig.findobj(Text):
        colour = np.array(mpl.colors.to_rgb(words.get_color()))
        # Lighter ones are meant for a dark ground
        if words not in grounded and luminance(colour) < 0.7:
            while contrast(colour, PAPER) < 4.55:
                colour = colour * 0.98
            words.set_color(mpl.colors.to_hex(colour))


def _on_pictures(fig: Figure) -> Iterator[mpl.artist.Artist]:
    """Yield what is drawn on images and heat maps."""
    for ax in fig.findobj(Axes):
        meshes = [mesh for mesh in ax.collections if isinstance(mesh, QuadMesh)]
        if ax.images or meshes:
            yield from (
                mark for mark in (*ax.lines, *ax.patches, *ax.collections) if mark not in meshes
            )
            yield from (words for words in ax.texts if ax.bbox.contains(*_centre(words)))


def _centre(words: Text) -> np.ndarray:
    return words.get_window_extent().get_points().mean(axis=0)


def scatter(
    ax: Axes, real: Tensor | None = None, fake: Tensor | None = None, size: float = 9
) -> None:
    """Draw real points (n, 2), blue discs, and generated ones, vermilion crosses."""
    if real is not None:
        ax.scatter(*np.asarray(real).T, s=size, color=REAL, linewidths=0, label="real")
    if fake is not None:
        ax.scatter(
            *np.asarray(fake).T,
            s=size,
            color=GENERATED,
            marker="x",
            linewidths=0.9,
            label="generated",
        )
    ax.set_aspect("equal")


def coupling(ax: Axes, x: Tensor, y: Tensor, plan: Tensor) -> None:
    """Draw a plan between points in the plane: a line for each pair, as dark as its mass.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    x, y : array, shapes (n, 2) and (m, 2)
        Points.
    plan : array, shape (n, m)
        The mass between them.
    """
    x, y, plan = np.asarray(x), np.asarray(y), np.asarray(plan)
    rows, columns = np.nonzero(plan > 1e-12)
    shade = plan[rows, columns] / plan.max()
    ends = np.stack([x[rows], y[columns]], axis=1)  # (lines, 2 ends, 2)
    ax.add_collection(
        LineCollection(
            ends, colors=[(0.3, 0.3, 0.3, 0.15 + 0.6 * s) for s in shade], linewidths=0.9, zorder=1
        )
    )


def surface(
    ax: Axes,
    function: Callable[[Tensor], Tensor],
    *,
    extent: float,
    resolution: int = 80,
    levels: int = 12,
) -> QuadContourSet:
    """Draw the level lines of a function of the plane over [-extent, extent]².

    Parameters
    ----------
    ax : Axes
        Where to draw.
    function : callable
        Maps points (n, 2) to values (n,): a critic, or an exact potential.
    extent : float
        Half the side of the square.
    resolution : int
        Points along a side.
    levels : int
        Number of level lines.
    """
    side = torch.linspace(-extent, extent, resolution)
    points = torch.cartesian_prod(side, side)
    with torch.no_grad():
        values = torch.as_tensor(function(points)).reshape(resolution, resolution).T
    filled = ax.contourf(side, side, values, levels=levels, cmap="viridis", alpha=0.35)
    ax.contour(side, side, values, levels=levels, cmap="viridis", linewidths=0.9)
    ax.set_aspect("equal")
    return filled


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Return the running median over an odd `window`: the WGAN paper's filter (window 101).

    Near an end the window holds only the values that are there, so that the last point of a curve
    is the median of the last half window; repeating the last value, as a filter of a fixed length
    must, would make it one batch's luck.

    Parameters
    ----------
    values : array, shape (n,)
        The curve. A NaN makes every median NaN whose window holds it.
    window : int
        Odd, so that it has a middle.

    Returns
    -------
    array, shape (n,)
    """
    if window < 1 or window % 2 == 0:
        raise ValueError(
            f"window = {window}: expected an odd number, so that the window has a middle"
        )
    values, half = np.asarray(values, dtype=float), window // 2
    return np.array(
        [np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))]
    )
