"""A slider over pictures that were all drawn beforehand.

Nothing is computed while the slider moves, so the same widget works in the rendered book, where no
Python runs, in JupyterLab and on Colab.
"""

import base64
import html
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from wgan_lib import figures

FRAME_LIMIT = 100_000  # bytes: of many pictures, each must be light


def slider(
    draw: Callable[[Any], Figure],
    values: Sequence[Any],
    *,
    description: str,
    alt: str | Callable[[Any], str],
    caption: str = "",
    start: int = 0,
) -> ipywidgets.Widget:
    """Show one picture for each value, chosen with a slider.

    Parameters
    ----------
    draw : callable
        ``draw(value)`` returns a new Matplotlib figure. It is called once for each value, now.
    values : sequence
        What the slider runs through, in order. Each value is also the text shown beside the slider.
    description : str
        The label in front of the slider, for example ``"θ"``.
    alt : str or callable
        What the picture shows, in words, for readers who cannot see it; ``alt(value)`` or one text
        for all.
    caption : str, optional
        What everybody reads below the picture: plain words, and formulas between dollar signs.
    start : int, default 0
        Index of the value shown first.

    Returns
    -------
    ipywidgets.Widget
        Shown by a notebook when it is the last expression of a cell.

    Raises
    ------
    ValueError
        If `values` has fewer than two entries, or two that read the same; if `start` is not one of
        their indices; or if an alt text is empty.
    TypeError
        If `draw` does not return a figure.
    """
    labels = _labels(values)
    if not 0 <= start < len(labels):
        raise ValueError(
            f"start is an index into {len(labels)} values, so 0 to {len(labels) - 1}; got {start}"
        )
    texts = [alt(value) if callable(alt) else alt for value in values]
    frames = _frames([_closed(draw(value)) for value in values], texts)
    control = ipywidgets.SelectionSlider(
        options=labels,
        index=start,
        description=description,
        style={"description_width": "initial"},
        layout=ipywidgets.Layout(width="100%", max_width="36rem"),
    )
    parts = [control, _picture(control, frames)] + (
        [ipywidgets.HTMLMath(html.escape(caption))] if caption else []
    )
    return ipywidgets.VBox(parts, layout=ipywidgets.Layout(width="100%"))


def _picture(control: ipywidgets.SelectionSlider, frames: list[str]) -> ipywidgets.Widget:
    """Link the pictures to the slider: in the browser where possible, else through the kernel."""
    if not hasattr(ipywidgets, "Stack"):  # ipywidgets 7, as on Colab
        picture = ipywidgets.HTML(frames[control.index])
        control.observe(lambda change: setattr(picture, "value", frames[change["new"]]), "index")
        return picture
    stack = ipywidgets.Stack(
        [ipywidgets.HTML(frame) for frame in frames], selected_index=control.index
    )
    ipywidgets.jsdlink((control, "index"), (stack, "selected_index"))
    return stack


def _labels(values: Sequence[Any]) -> list[str]:
    labels = [f"{value:g}" if isinstance(value, Real) else str(value) for value in values]
    if len(labels) < 2:
        raise ValueError(f"a slider needs at least two values; got {len(labels)}")
    if len(set(labels)) < len(labels):
        raise ValueError(f"two values read the same on the slider: {', '.join(labels)}")
    return labels


def _closed(figure: Figure) -> Figure:
    """Close a figure at once, since Matplotlib warns of more than twenty; it can still be drawn."""
    if not isinstance(figure, Figure):
        raise TypeError(f"draw must return a Matplotlib figure; got {type(figure).__name__}")
    plt.close(figure)
    return figure


def _frames(drawn: list[Figure], texts: list[str]) -> list[str]:
    """Return the figures as ``<img>`` with their own content, all drawings or all pictures."""
    if not all(alt.strip() for alt in texts):
        raise ValueError("alt is empty: say in words what the picture shows")
    contents = [figures.picture(figure, limit=FRAME_LIMIT) for figure in drawn]
    if len({content[:4] for content in contents}) > 1:  # some are little beyond the limit
        contents = [figures.picture(figure) for figure in drawn]
    return [
        _frame(figure, content, alt)
        for figure, content, alt in zip(drawn, contents, texts, strict=True)
    ]


def _frame(figure: Figure, content: bytes, alt: str) -> str:
    width, height = (round(100 * inches) for inches in figure.get_size_inches())
    return (
        f'<img src="data:{figures.KINDS[content[:4]]};base64,{base64.b64encode(content).decode()}" '
        f'alt="{html.escape(alt)}" width="{width}" height="{height}" '
        'style="max-width: 100%; height: auto">'
    )
