"""Pictures on the page: numbered, captioned, the notebook's own, legible by day and by night, and light."""

import html
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

import night  # noqa: E402
import pictures  # noqa: E402
from notebooks import chapters  # noqa: E402

from wgan_lib import figures  # noqa: E402

HTML = ROOT / "_build" / "html"
IMAGES = HTML / "_images"
STATE = "application/vnd.jupyter.widget-state+json"


def page_of(chapter):
    return HTML / chapter.relative_to(ROOT).with_suffix(".html")


class Figures(HTMLParser):
    """A page's figures: identifier, number, caption, name and values of a slider, and its images."""

    def __init__(self, page):
        super().__init__()
        self.found, self.reading = [], ""
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        words = (attributes.get("class") or "").split()
        if tag == "figure" and "picture" in words:
            self.found.append({"id": attributes["id"], "images": [], "values": [], "text": {}, "kind": words[1:]})
        if self.found and tag == "img" and "loading" in attributes:
            self.found[-1]["images"].append(attributes)
        if self.found and "data-value" in attributes:
            self.found[-1]["values"].append(attributes["data-value"])
        self.reading = {"figcaption": "caption", "label": "label", "output": "output"}.get(tag, self.reading)
        self.reading = "number" if "figure-number" in words else self.reading

    def handle_endtag(self, tag):
        if tag in ("figcaption", "label", "output"):
            self.reading = ""
        elif self.reading == "number":
            self.reading = "caption"

    def handle_data(self, data):
        if self.found and self.reading:
            text = self.found[-1]["text"]
            text[self.reading] = text.get(self.reading, "") + data


@pytest.fixture(params=chapters(), ids=lambda path: path.stem)
def chapter(request):
    """Return one notebook after the other."""
    return request.param


def outputs(chapter):
    """Return a notebook, and its outputs that a page shows."""
    notebook = nbformat.read(chapter, as_version=4)
    hidden = {"remove-cell", "remove-output"}
    shown = [cell for cell in notebook.cells if not hidden & set(cell.metadata.get("tags", []))]
    return notebook, [output for cell in shown for output in cell.get("outputs", [])]


def test_every_picture_of_a_notebook_is_a_figure_of_its_page_numbered_in_order(chapter):
    _, shown = outputs(chapter)
    kinds = [kind for output in shown for kind in output.get("data", {}) if re.search("^image/|widget-view", kind)]
    found = Figures(page_of(chapter)).found
    assert ["slider" in figure["kind"] for figure in found] == ["widget-view" in kind for kind in kinds]
    first = f"{int(chapter.name[:2])}." if chapter.name[0].isdigit() else ""
    numbers = [f"{first}{count}" for count in range(1, len(found) + 1)]
    assert [figure["text"]["number"] for figure in found] == [f"Figure {number}" for number in numbers]
    assert [figure["id"] for figure in found] == [f"figure-{number.replace('.', '-')}" for number in numbers]


def test_a_caption_is_said_once(chapter):
    """Jupyter's copy of it, below the picture, is left out."""
    _, shown = outputs(chapter)
    captions = [words.get("caption") for output in shown for words in output.get("metadata", {}).values()]
    below = [letters(figure["text"].get("caption", "")) for figure in Figures(page_of(chapter)).found]
    text = letters(re.sub("<pre.*?</pre>|<[^>]*>", "", page_of(chapter).read_text("utf-8"), flags=re.S))
    for caption in (letters(caption) for caption in captions if caption and "$" not in caption):
        assert caption in below and text.count(caption) == 1


def letters(text):
    """Return the letters alone: quotes and dashes are set in another way on a page."""
    return re.sub(r"\W|_", "", html.unescape(text))


def test_a_slider_on_the_page_is_that_of_the_notebook(chapter):
    """The same name, values, first value, and as many pictures with the same words."""
    notebook, shown = outputs(chapter)
    models = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    views = [output.data.get("application/vnd.jupyter.widget-view+json") for output in shown if "data" in output]
    sliders = [figure for figure in Figures(page_of(chapter)).found if "slider" in figure["kind"]]
    assert len(sliders) == len([view for view in views if view])
    for figure, view in zip(sliders, filter(None, views), strict=True):
        children = models[view["model_id"]]["state"]["children"]
        control, stack = (models[child.removeprefix("IPY_MODEL_")]["state"] for child in children[:2])
        assert figure["text"]["label"] == control["description"]
        assert figure["values"] == list(control["_options_labels"])
        assert figure["text"]["output"] == figure["values"][control["index"]]
        frames = [models[child.removeprefix("IPY_MODEL_")]["state"]["value"] for child in stack["children"]]
        alts = [re.search('alt="([^"]*)"', frame)[1] for frame in frames]
        seen = [image["alt"] for image in figure["images"] if image["class"] != "only-dark"]
        assert seen == [html.unescape(alt) for alt in alts]


def test_every_image_has_its_file_its_size_and_its_words_and_waits_until_it_is_seen(chapter):
    for figure in Figures(page_of(chapter)).found:
        themes = {image["class"] for image in figure["images"]}
        assert themes and themes <= {"only-light", "only-dark", "sheet dark-light", "sheet dark-light in-colours"}
        for image in figure["images"]:
            assert (page_of(chapter).parent / image["src"]).resolve().stat().st_size > 100
            assert len(image["alt"].split()) >= 4 and image["loading"] == "lazy"
            assert int(image["width"]) > 50 and int(image["height"]) > 20


def test_a_page_carries_no_widget_manager():
    for page in HTML.rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search("embed-amd|require\\.js|jupyter.widget", text), page
    assert not (HTML / "_static" / "widgets").exists()


def drawings(ending):
    return sorted(IMAGES.glob(f"*{ending}.svg"))


def words(element, inherited="#000000", within=False):
    """Yield the colour of each word of a drawing, unless it stands on an image."""
    name = element.get("id", "")
    if name.startswith("as-drawn"):
        return
    within = within or name.startswith("text_")
    colour = re.search("fill: (#[0-9a-f]{6})", element.get("style", ""))
    inherited = colour[1] if colour else inherited
    if within and element.tag.endswith("}use"):
        yield inherited
    for child in element:
        yield from words(child, inherited, within)


@pytest.mark.parametrize(("ending", "ground"), [("-day", figures.PAPER), ("-night", night.NIGHT)])
def test_the_words_of_every_drawing_can_be_read(ending, ground):
    """At 4.5 to 1, unless they stand on a mark, and are then as light as the page or as dark as it."""
    for path in drawings(ending):
        for colour in set(words(ElementTree.parse(path).getroot())):
            reversed_ = abs(figures.luminance(colour) - figures.luminance(ground)) < 0.3
            assert reversed_ or figures.contrast(colour, ground) >= 4.5, f"{path.name}: {colour}"


@pytest.mark.parametrize("colour", [*figures.ACCENTS, figures.EXACT, figures.MUTED, "#8a5a00", "#332288", "#555555"])
def test_a_colour_of_the_book_has_one_for_the_night(colour):
    mark, word = night.by_night(colour), night.by_night(colour, words=True)
    assert figures.contrast(mark, night.NIGHT) >= 3 and figures.contrast(word, night.NIGHT) >= 4.5


def test_the_palette_stays_apart_by_night_and_the_paper_becomes_night():
    colours = [night.by_night(colour) for colour in (*figures.ACCENTS, figures.EXACT)]
    apart = [
        sum((a - b) ** 2 for a, b in zip(night.to_rgb(one), night.to_rgb(other), strict=True)) ** 0.5
        for one in colours
        for other in colours
        if one < other
    ]
    assert min(apart) > 0.2
    assert figures.contrast(night.by_night(figures.PAPER), night.NIGHT) < 1.05


def test_by_night_a_drawing_is_the_same_but_for_its_colours():
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><g id="patch_1"><path style="fill: #fcfcfa" d="M 0 0"/></g>'
    drawing += b'<g id="text_1"><g style="fill: #1a1a1a"><use href="#a" x="1"/></g></g>'
    drawing += b'<g id="as-drawn-0"><path style="stroke: #1a1a1a"/></g></svg>'
    day, dark = night.for_the_page(drawing).decode(), night.for_the_page(drawing, night=True).decode()
    assert "#fcfcfa" not in day, "the page has its own paper"
    assert re.sub("#[0-9a-f]{6}", "", day) == re.sub("#[0-9a-f]{6}", "", dark)
    assert re.findall("#[0-9a-f]{6}", dark) == [night.INK, "#1a1a1a"]


def test_the_night_turns_over_plots_of_pixels_and_no_digits():
    shown = {}
    for page in HTML.rglob("book/*/*.html"):
        for classes, file in re.findall(r'<img class="sheet([^"]*)" src="[^"]*/([^"/]+)"', page.read_text("utf-8")):
            shown[file] = "in-colours" in classes
            assert shown[file] == pictures.has_colours((HTML / "_images" / file).read_bytes())
    assert shown["figure-7-1.png"] and not shown["figure-9-9.gif"], "points in two colours, and digits in grey"


def test_a_page_is_light():
    """A drawing below 250 kB; a page with all it shows at first below 3 MB."""
    for path in IMAGES.glob("*.svg"):
        assert path.stat().st_size <= 260_000, path.name
    for chapter in chapters():
        page = page_of(chapter)
        images = {image["src"] for figure in Figures(page).found for image in figure["images"][:1]}
        first = sum((page.parent / name).resolve().stat().st_size for name in images)
        assert page.stat().st_size + first < 3e6, chapter.name


# In a browser


@pytest.fixture
def opened(browser):
    """Return a function that opens a chapter from the disk."""
    contexts = []

    def opens(name, **settings):
        contexts.append(browser.new_context(viewport={"width": 1000, "height": 800}, **settings))
        page = contexts[-1].new_page()
        page.goto(next(HTML.glob(f"book/*/{name}.html")).as_uri())
        return page

    yield opens
    for context in contexts:
        context.close()


def test_a_picture_is_enlarged_by_key_and_closed_by_escape(opened):
    page = opened("05-clipping")
    button = page.locator("#figure-5-1 button[aria-label='Enlarge Figure 5.1']")
    button.focus()
    page.keyboard.press("Enter")
    image = page.locator("dialog[open] img")
    assert image.bounding_box()["width"] >= int(image.get_attribute("width"))
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert button.evaluate("button => button === document.activeElement")
    page.locator("#figure-5-2 .frame").click()
    page.locator("dialog[open]").click()
    assert page.locator("dialog[open]").count() == 0


def test_without_scripts_each_figure_shows_one_picture(opened):
    page = opened("05-clipping", java_script_enabled=False)
    for figure in page.locator("figure.picture").all():
        assert len([image for image in figure.locator("img").all() if image.is_visible()]) == 1


def test_a_film_stops_and_rests_for_who_wants_no_motion(opened):
    endings = {"Pause": ".gif", "Play": ".png"}  # what is shown while the button says so
    source = "ending => document.querySelector('.film img').currentSrc.endsWith(ending)"
    for motion, first in (("no-preference", "Pause"), ("reduce", "Play")):
        page = opened("09-training", reduced_motion=motion)
        page.locator("figure.film").scroll_into_view_if_needed()
        button = page.locator("figure.film button").first
        assert button.inner_text() == first
        page.wait_for_function(source, arg=endings[first])
        button.click()
        assert button.inner_text() != first
        page.wait_for_function(source, arg=endings[button.inner_text()])


def test_all_is_printed_by_day_even_what_was_never_seen(opened):
    """From a dark page, too; a printed page has every figure's picture."""
    page = opened("05-clipping")
    page.evaluate("() => document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    images = "[...document.querySelectorAll('.picture img')].filter(image => image.checkVisibility())"
    shown = page.evaluate(f"() => {images}.map(image => image.src)")
    assert len(shown) == page.locator("figure.picture").count()
    assert not [source for source in shown if "night" in source]
    page.pdf()
    assert page.evaluate(f"() => {images}.filter(image => !image.naturalWidth).map(image => image.src)") == []
