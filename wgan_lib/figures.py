r"""The style of every picture in the book: one colour, one meaning.

Real points are blue, generated ones vermilion, what a critic says is green, and the exact referee is black: colours of
Okabe and Ito that colour-blind readers can tell apart. Markers differ too, so that a figure survives a black-and-white
printer.
"""

import io
from base64 import b64encode
from collections.abc import Callable

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from torch import Tensor

REAL = "#0072B2"
GENERATED = "#D55E00"
CRITIC = "#009E73"
EXACT = "#1a1a1a"
MUTED = "#8a8a8a"
ACCENTS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
PAPER = "#fcfcfa"
CAPTION = {"is": "caption"}  # metadata of an output that repeats a picture's caption

STYLE = {
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.figsize": (7.2, 3.4),
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 11.5,
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
    "image.cmap": "gray",
}


def use_style() -> None:
    """Give every figure drawn from here on the book's style, and draw it only where `show` is called."""
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
    show_picture(png(fig, dpi=200), alt, width=int(fig.get_figwidth() * 100), caption=caption)


def show_picture(content: bytes, alt: str, width: int, caption: str = "") -> None:
    """Display the bytes of a PNG or GIF file here, with a text for readers who cannot see it.

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
        If `alt` is empty, or the bytes are neither PNG nor GIF.

    Notes
    -----
    The text stands where Jupyter and the rendered page look for it, in the metadata, and is the plain-text form of the
    output, for whatever shows no pictures. IPython's own ``Image(alt=...)`` came with IPython 8; Colab has 7.
    """
    if not alt.strip():
        raise ValueError("alt is empty: describe in a sentence what the picture shows")
    kind = {b"\x89PNG": "image/png", b"GIF8": "image/gif"}.get(content[:4])
    if kind is None:
        raise ValueError(f"a picture begins with {content[:4]!r}: expected the bytes of a PNG or a GIF file")
    shown = {kind: b64encode(content).decode(), "text/plain": alt}
    words = {"alt": alt, "caption": caption} if caption else {"alt": alt}
    display(shown, metadata={kind: {"width": width} | words}, raw=True)
    if caption:  # Jupyter shows a text below the picture; the page takes it from the metadata and drops this one
        display({"text/markdown": caption, "text/plain": caption}, metadata={"text/markdown": CAPTION}, raw=True)


def png(fig: Figure, dpi: int) -> bytes:
    """Return `fig` as PNG bytes and close it. The bytes depend on the picture alone: no date, no version."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    plt.close(fig)
    return buffer.getvalue()


def scatter(ax: Axes, real: Tensor | None = None, fake: Tensor | None = None, size: float = 9) -> None:
    """Draw real points (blue discs) and generated ones (vermilion crosses), each of shape (n, 2), on equal axes."""
    if real is not None:
        ax.scatter(*np.asarray(real).T, s=size, color=REAL, linewidths=0, label="real")
    if fake is not None:
        ax.scatter(*np.asarray(fake).T, s=size, color=GENERATED, marker="x", linewidths=0.9, label="generated")
    ax.set_aspect("equal")


def coupling(ax: Axes, x: Tensor, y: Tensor, plan: Tensor) -> None:
    """Draw a plan between points in the plane: a line for each pair, as dark as the mass it carries.

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
        LineCollection(ends, colors=[(0.3, 0.3, 0.3, 0.15 + 0.6 * s) for s in shade], linewidths=0.9, zorder=1)
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
    """Return the running median over an odd `window`: the filter of the WGAN paper's loss curves (window 101).

    Near an end the window holds only the values that are there, so that the last point of a curve is the median of the
    last half window; repeating the last value, as a filter of a fixed length must, would make it one batch's luck.

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
        raise ValueError(f"window = {window}: expected an odd number, so that the window has a middle")
    values, half = np.asarray(values, dtype=float), window // 2
    return np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))])
