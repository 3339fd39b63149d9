"""Every picture has a text, the same bytes each time, and colours that mean one thing."""

import io
import re
from base64 import b64decode
from xml.etree import ElementTree

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


def test_a_figure_is_shown_as_svg_with_its_text(shown):
    figures.show(curve(), alt="A line that rises faster and faster.")
    ((data, metadata, raw),) = shown
    assert raw and list(data) == ["image/svg+xml", "text/plain"]
    drawing = ElementTree.fromstring(data["image/svg+xml"])
    assert drawing.get("viewBox") == "0 0 216 144"
    assert data["text/plain"] == "A line that rises faster and faster."
    assert metadata == {"image/svg+xml": {"width": 300, "alt": "A line that rises faster and faster."}}


def test_a_caption_is_read_in_jupyter_and_known_to_the_page(shown):
    figures.show(curve(), alt="A line that rises faster and faster.", caption="The squares, $x^2$.")
    (_, metadata, _), (text, mark, raw) = shown
    assert metadata["image/svg+xml"]["caption"] == "The squares, $x^2$."
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
    with pytest.raises(ValueError, match="begins with b'%PDF': expected the bytes of an SVG, PNG or GIF"):
        figures.show_picture(b"%PDF-1.7", "A square.", width=40)
    assert shown == []


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_a_text_is_refused(shown, alt):
    with pytest.raises(ValueError, match="alt is empty"):
        figures.show(curve(), alt=alt)
    assert shown == []


def test_a_shown_figure_is_closed(shown):
    figures.show(curve(), alt="A line.")
    assert plt.get_fignums() == []


@pytest.mark.parametrize("form", [figures.svg, lambda fig: figures.png(fig, dpi=80)], ids=["svg", "png"])
def test_the_same_figure_gives_the_same_bytes_with_no_word_on_when_or_how(form):
    figures.use_style()
    once, again = form(curve()), form(curve())
    assert once == again
    for word in (b"Matplotlib", b"metadata", b"date", b"http://matplotlib"):
        assert word not in once


def test_a_picture_without_a_drawing_of_its_size_is_a_png():
    figures.use_style()
    noise = np.random.default_rng(0).random((100, 100))
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.imshow(noise)
    content = figures.picture(fig, limit=20_000)
    assert Image.open(io.BytesIO(content)).size == (600, 400)
    assert figures.picture(curve(), limit=20_000).startswith(b"<svg")


@pytest.mark.parametrize(("points", "tolerance"), [(20, 0.006), (200, 0.06)])
def test_rounding_moves_no_point_of_a_curve_to_where_one_could_see_it(points, tolerance):
    """A point is 1.4 pixels of a page."""
    mpl.rcParams["path.simplify"] = False
    fig, ax = plt.subplots(figsize=(3, 2))
    (line,) = ax.plot(np.linspace(0, 1, points), np.random.default_rng(0).random(points))
    drawing = figures.svg(fig).decode()
    exact = line.get_transform().transform(line.get_xydata()) * 72 / fig.dpi
    exact[:, 1] = 144 - exact[:, 1]  # SVG counts from the top
    (path,) = re.findall(r'<path d="([^"]*)" clip-path', drawing[drawing.index('id="line2d_') :])[-1:]
    drawn = np.array(re.findall(r"-?[\d.]+", path), dtype=float).reshape(-1, 2)
    np.testing.assert_allclose(drawn, exact, atol=tolerance)


def test_a_cloud_states_its_style_once_and_a_large_one_becomes_pixels():
    fig, ax = plt.subplots()
    ax.scatter(*np.random.default_rng(0).random((2, 300)), color=figures.REAL)
    drawing = figures.picture(fig)
    assert drawing.count(b"<use href=") >= 300 and b"<image" not in drawing
    assert drawing.count(b"fill: #0072b2") <= 2 and len(drawing) < 30_000
    fig, ax = plt.subplots()
    ax.scatter(*np.random.default_rng(0).random((2, figures.MANY + 1)))
    ax.pcolormesh(np.eye(50))
    drawing = figures.picture(fig)
    assert 1 <= drawing.count(b"<image") <= 2 and b"PathCollection" not in drawing and b"QuadMesh" not in drawing


def test_many_small_clouds_become_pixels_and_the_words_stay_outlines():
    fig, axes = plt.subplots(3, 4)
    for ax in axes.flat:
        ax.scatter(*np.random.default_rng(0).random((2, 700)))
        ax.set_title("title")
    drawing = figures.picture(fig)
    assert drawing.startswith(b"<svg") and len(drawing) < figures.SVG_LIMIT
    assert b"<image" in drawing and drawing.count(b'<g id="text_') > 12


def test_a_level_line_keeps_its_course_with_fewer_points():
    fig, ax = plt.subplots(figsize=(3, 3))
    side = np.linspace(-1, 1, 80)
    ring = ax.contour(side, side, np.hypot(*np.meshgrid(side, side)), levels=[0.5])
    before = len(ring.get_paths()[0])
    figures.picture(fig)
    (path,) = ring.get_paths()
    assert len(path) < before / 2
    radius = np.linalg.norm(path.vertices[path.codes != path.CLOSEPOLY], axis=1)
    np.testing.assert_allclose(radius, 0.5, atol=0.003)


def test_words_can_be_read_in_every_colour_of_the_book():
    fig, ax = plt.subplots()
    for number, colour in enumerate((*figures.ACCENTS, figures.MUTED, figures.EXACT)):
        ax.text(0, number, "word", color=colour)
    line = ax.axhline(0, color=figures.CRITIC)
    figures.legible(fig)
    for words, colour in zip(ax.texts, (*figures.ACCENTS, figures.MUTED, figures.EXACT), strict=True):
        assert figures.contrast(words.get_color(), figures.PAPER) >= 4.5
        hues = [mpl.colors.rgb_to_hsv(mpl.colors.to_rgb(c))[0] for c in (words.get_color(), colour)]
        assert hues[0] == pytest.approx(hues[1], abs=0.01), "the same colour, only darker"
    assert line.get_color() == figures.CRITIC


def test_contrast_is_that_of_wcag():
    assert figures.contrast("black", "white") == pytest.approx(21)
    assert figures.contrast("#777777", "white") == pytest.approx(4.48, abs=0.005), "the well-known grey that just fails"


def test_words_on_a_heat_map_stay_and_are_marked_and_those_beside_it_are_not():
    fig, ax = plt.subplots()
    ax.imshow(np.eye(3))
    inside, outside = ax.text(1, 1, "in", color="#8a8a8a"), ax.text(1, -2, "out", color="#8a8a8a")
    drawing = figures.picture(fig).decode()
    assert inside.get_color() == "#8a8a8a" != outside.get_color()
    assert inside.get_gid() == "as-drawn-0" and outside.get_gid() is None
    assert 'id="as-drawn-0"' in drawing


def test_a_figure_is_set_in_the_face_of_the_pages():
    figures.use_style()
    assert mpl.font_manager.findfont("Earth Sans", fallback_to_default=False) == str(figures.FONT)
    assert b'id="EarthSans-Regular-' in figures.picture(curve())


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
