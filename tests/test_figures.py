"""Every picture has a text, the same bytes each time, and colours that mean one thing."""

import io
from base64 import b64decode

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import median_filter

from wgan_lib import figures


@pytest.fixture(autouse=True)
def clean():
    """Leave Matplotlib as it was."""
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """Return a list of what was displayed."""
    displayed = []
    monkeypatch.setattr(figures, "display", lambda data, metadata, raw: displayed.append((data, metadata, raw)))
    return displayed


def curve():
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.plot([0, 1, 4], label="squares")
    ax.legend()
    return fig


def test_a_figure_is_shown_as_png_with_its_text(shown):
    figures.show(curve(), alt="A line that rises faster and faster.")
    ((data, metadata, raw),) = shown
    assert raw and list(data) == ["image/png", "text/plain"]
    assert Image.open(io.BytesIO(b64decode(data["image/png"]))).size == (600, 400)
    assert data["text/plain"] == "A line that rises faster and faster."
    assert metadata == {"image/png": {"width": 300, "alt": "A line that rises faster and faster."}}


def test_a_caption_is_read_in_jupyter_and_known_to_the_page(shown):
    figures.show(curve(), alt="A line that rises faster and faster.", caption="The squares, $x^2$.")
    (_, metadata, _), (text, mark, raw) = shown
    assert metadata["image/png"]["caption"] == "The squares, $x^2$."
    assert raw and text == {"text/markdown": "The squares, $x^2$.", "text/plain": "The squares, $x^2$."}
    assert mark == {"text/markdown": figures.CAPTION}, "so that the page does not say it twice"


def test_a_film_is_shown_with_its_text(shown):
    film = io.BytesIO()
    frames = [Image.new("L", (4, 3), grey) for grey in (0, 255)]
    frames[0].save(film, "gif", save_all=True, append_images=frames[1:])
    figures.show_picture(film.getvalue(), "A square that flashes.", width=40)
    ((data, metadata, _),) = shown
    assert b64decode(data["image/gif"]) == film.getvalue()
    assert metadata == {"image/gif": {"width": 40, "alt": "A square that flashes."}}


def test_what_is_no_picture_is_refused(shown):
    with pytest.raises(ValueError, match="begins with b'<svg': expected the bytes of a PNG or a GIF"):
        figures.show_picture(b"<svg></svg>", "A square.", width=40)
    assert shown == []


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_a_text_is_refused(shown, alt):
    with pytest.raises(ValueError, match="alt is empty"):
        figures.show(curve(), alt=alt)
    assert shown == []


def test_a_shown_figure_is_closed(shown):
    figures.show(curve(), alt="A line.")
    assert plt.get_fignums() == []


def test_the_same_figure_gives_the_same_bytes_with_no_word_on_when_or_how():
    figures.use_style()
    once, again = figures.png(curve(), dpi=80), figures.png(curve(), dpi=80)
    assert once == again
    picture = Image.open(io.BytesIO(once))
    assert picture.size == (240, 160)
    assert set(picture.info) <= {"dpi"}


def test_the_style_draws_nothing_by_itself():
    plt.ion()
    figures.use_style()
    assert not plt.isinteractive()
    assert mpl.rcParams["axes.facecolor"] == figures.PAPER


def distance(one, other):
    return np.linalg.norm(np.array(mpl.colors.to_rgb(one)) - mpl.colors.to_rgb(other))


def test_the_meanings_have_colours_of_their_own_that_stand_out_from_the_paper():
    meanings = [figures.REAL, figures.GENERATED, figures.CRITIC, figures.EXACT]
    assert min(distance(one, other) for one in meanings for other in meanings if one != other) > 0.25
    assert min(distance(one, figures.PAPER) for one in meanings) > 0.6


def test_real_points_are_blue_discs_and_generated_ones_vermilion_crosses():
    _, ax = plt.subplots()
    figures.scatter(ax, real=torch.zeros(3, 2), fake=torch.ones(4, 2))
    real, fake = ax.collections
    assert (len(real.get_offsets()), len(fake.get_offsets())) == (3, 4)
    assert mpl.colors.same_color(real.get_facecolor()[0], figures.REAL)
    assert mpl.colors.same_color(fake.get_edgecolor()[0], figures.GENERATED)
    assert len(real.get_paths()[0]) != len(fake.get_paths()[0]), "another marker, for a black-and-white printer"
    assert [text.get_text() for text in ax.legend().get_texts()] == ["real", "generated"]


def test_either_kind_of_points_may_be_left_out():
    _, ax = plt.subplots()
    figures.scatter(ax, fake=np.zeros((2, 2)))
    assert [collection.get_label() for collection in ax.collections] == ["generated"]


def test_a_coupling_is_a_line_for_each_pair_darker_where_it_carries_more():
    _, ax = plt.subplots()
    x, y = np.array([[0.0, 0], [1, 0]]), np.array([[0.0, 1], [1, 1]])
    figures.coupling(ax, x, y, np.array([[0.5, 0.25], [0.0, 0.25]]))
    (lines,) = ax.collections
    segments = np.array(lines.get_segments())
    np.testing.assert_array_equal(segments, [[x[0], y[0]], [x[0], y[1]], [x[1], y[1]]])
    heavy, light, same = lines.get_colors()[:, 3]
    assert heavy > light == same > 0


def test_a_surface_has_x_to_the_right_and_y_upwards():
    _, ax = plt.subplots()
    filled = figures.surface(ax, lambda points: points[:, 0] + 10 * points[:, 1], extent=2, resolution=9)
    assert filled.zmin == pytest.approx(-22, abs=4) and filled.zmax == pytest.approx(22, abs=4)
    lowest = np.concatenate([path.vertices for path in filled.get_paths()[:1]])
    assert lowest[:, 1].max() < 0, "the lowest level is at the bottom, where y is least"
    assert ax.get_xlim() == ax.get_ylim() == (-2, 2)


def test_a_critic_can_be_drawn_as_a_surface_without_its_gradients():
    _, ax = plt.subplots()
    critic = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Flatten(0))
    figures.surface(ax, critic, extent=1, resolution=5)
    assert all(p.grad is None for p in critic.parameters())


def test_smoothing_is_the_running_median_of_what_the_window_holds():
    """At the ends too: scipy's filter, whose window is always full, agrees where it is."""
    values = np.random.default_rng(0).normal(size=60)
    smooth = figures.smooth(values, 7)
    np.testing.assert_array_equal(smooth[3:57], median_filter(values, 7)[3:57])
    assert smooth[0] == np.median(values[:4]) and smooth[1] == np.median(values[:5])
    assert smooth[-1] == np.median(values[-4:]) and smooth[-2] == np.median(values[-5:])


def test_the_last_value_alone_does_not_bend_the_curve():
    """With the last value repeated, as before, the end of this curve was 9."""
    np.testing.assert_array_equal(figures.smooth(np.array([1.0, 1, 1, 1, 1, 1, 9]), 5)[-1], 1)


def test_smoothing_removes_a_spike_and_keeps_a_step():
    values = np.array([1.0, 1, 1, 9, 1, 1, 1, 5, 5, 5, 5])
    np.testing.assert_array_equal(figures.smooth(values, 3), [1.0, 1, 1, 1, 1, 1, 1, 5, 5, 5, 5])


def test_smoothing_hides_no_nan():
    assert np.isnan(figures.smooth(np.array([1.0, 1, np.nan, 1, 1, 1]), 3)).tolist() == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("window", [4, 0, -3])
def test_a_window_without_a_middle_is_named(window):
    with pytest.raises(ValueError, match=f"window = {window}: expected an odd number"):
        figures.smooth(np.zeros(9), window)
