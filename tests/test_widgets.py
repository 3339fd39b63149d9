"""The slider: what it shows, in the browser and through a kernel, and what it refuses."""

import re

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

from wgan_lib import figures, widgets


def draw(theta):
    """Draw one bar as high as theta."""
    figure, axes = plt.subplots(figsize=(3, 2))
    axes.bar([0], [theta])
    return figure


def picture(widget):
    """Return the picture that is seen."""
    shown = widget.children[1]
    return shown.children[shown.selected_index].value if hasattr(shown, "selected_index") else shown.value


def test_slider_shows_values_alt_texts_and_the_frame_it_starts_with():
    """The text beside the slider is the value, not its index."""
    widget = widgets.slider(draw, [-0.5, 0.25, 1.0], description="θ", alt=lambda theta: f"A bar, {theta}", start=1)
    control, stack = widget.children
    assert control.label == "0.25" and control.description == "θ"
    alts = [re.search('alt="(.*?)"', frame.value)[1] for frame in stack.children]
    assert alts == ["A bar, -0.5", "A bar, 0.25", "A bar, 1.0"]
    assert "0.25" in picture(widget)
    assert not plt.get_fignums(), "figures are closed once drawn"


def test_alt_is_escaped_and_may_be_one_for_all():
    """A quotation mark in the alt text cannot end the attribute."""
    widget = widgets.slider(draw, [0, 1], description="x", alt='The "pile" & more')
    assert 'alt="The &quot;pile&quot; &amp; more"' in picture(widget)


def test_a_caption_stands_below_the_picture():
    """It may hold a formula; nothing in it is taken for HTML."""
    widget = widgets.slider(draw, [0, 1], description="x", alt="A bar", caption="A bar, $x < 2$.")
    assert widget.children[2].value == "A bar, $x &lt; 2$."
    assert isinstance(widget.children[2], ipywidgets.HTMLMath)


def test_frames_are_small():
    """Many frames must fit a notebook: a plot is a drawing, and what would be heavy is a picture."""

    def noise(seed):
        figure, axes = plt.subplots(figsize=(3, 2))
        axes.imshow(np.random.default_rng(seed).random((150, 150)))
        return figure

    def values(draw):
        return [frame.value for frame in widgets.slider(draw, [1, 2], description="x", alt="A").children[1].children]

    assert max(map(len, values(draw))) < 40_000
    assert all(value.startswith('<img src="data:image/svg+xml;base64,') for value in values(draw))
    assert all(value.startswith('<img src="data:image/png;base64,') for value in values(noise))
    assert all('width="300" height="200"' in value for value in values(draw) + values(noise))


@pytest.mark.filterwarnings("error")
def test_a_slider_may_have_many_frames():
    """Matplotlib warns when more than twenty figures are open."""
    assert len(widgets.slider(draw, range(25), description="x", alt="A bar").children[1].children) == 25


def test_frames_are_of_one_kind(monkeypatch):
    """One of them a little beyond the limit: all are drawings, or the page's night would flicker."""

    def curve(points):
        figure, axes = plt.subplots(figsize=(3, 2))
        axes.plot(np.random.default_rng(0).random(points))
        return figure

    monkeypatch.setattr(widgets, "FRAME_LIMIT", 12_000)
    assert [figures.picture(curve(points), limit=12_000)[:4] for points in (5, 900)] == [b"<svg", b"\x89PNG"]
    widget = widgets.slider(curve, [5, 900], description="points", alt="A curve")
    assert all("data:image/svg+xml" in frame.value for frame in widget.children[1].children)


def test_without_stack_the_kernel_changes_the_picture(monkeypatch):
    """Colab has ipywidgets 7, which has no Stack."""
    monkeypatch.delattr(ipywidgets, "Stack", raising=False)
    widget = widgets.slider(draw, ["near", "far"], description="how", alt="{}".format)
    assert 'alt="near"' in picture(widget)
    widget.children[0].index = 1
    assert 'alt="far"' in picture(widget)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"values": [1]}, ValueError, "at least two values; got 1"),
        ({"values": [1, 1.0]}, ValueError, "read the same"),
        ({"start": 3}, ValueError, "0 to 2; got 3"),
        ({"start": -1}, ValueError, "got -1"),
        ({"alt": " "}, ValueError, "alt is empty"),
        ({"draw": lambda value: None}, TypeError, "must return a Matplotlib figure; got NoneType"),
    ],
)
def test_slider_refuses(changes, error, message):
    """Bad input is named before anything is shown."""
    arguments = {"draw": draw, "values": [1, 2, 3], "description": "x", "alt": "A bar"} | changes
    with pytest.raises(error, match=message):
        widgets.slider(**arguments)
    plt.close("all")
