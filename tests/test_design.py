"""The design, measured in the browser: the line, the sizes, the contrast, the fonts, the margin, a phone."""

from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
STATIC = ROOT / "book" / "_static"
CHAPTER, INTRO = "book/critics/05-clipping", "book/intro"
LOOKED_AT = [INTRO, CHAPTER, "book/second-look/16-scoreboard", "book/appendix/recipes", "book/appendix/api"]

# The characters of each line of running text, but for the last of a paragraph, which may be short.
LINES = """() => [...document.querySelectorAll("article section > p")].flatMap(paragraph => {
    if (paragraph.querySelector("math, code")) return [];
    const lines = [], range = document.createRange();
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) for (let i = 0; i < walker.currentNode.length; i++) {
        range.setStart(walker.currentNode, i);
        range.setEnd(walker.currentNode, i + 1);
        const rect = range.getBoundingClientRect();
        if (!rect.height) continue;
        const line = lines.at(-1);
        if (line && Math.abs(line.bottom - rect.bottom) < 8) line.count++;
        else lines.push({bottom: rect.bottom, count: 1});
    }
    return lines.slice(0, -1).map(line => line.count);
})"""

# Text whose contrast with what lies behind it is under 4.5 to 1, and what it is.
FAINT = """selector => {
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const part = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const behind = element => {
        for (; element; element = element.parentElement) {
            const colour = parse(getComputedStyle(element).backgroundColor);
            if (colour.length < 4 || colour[3] > 0.99) return colour;
        }
    };
    return [...document.querySelectorAll(selector)].filter(element => element.checkVisibility()).map(element => {
        const pair = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
        return [(pair[0] + 0.05) / (pair[1] + 0.05), element.outerHTML.slice(0, 90)];
    }).filter(([contrast]) => contrast < 4.5);
}"""
TEXT = (
    "article :is(h1, h2, h3, p, li, a, th, td, dt, dd, code, small, strong, summary, figcaption, pre span, button),"
    " article label,"
    " .bd-sidebar-primary :is(a, p.caption span), .bd-sidebar-secondary a, .prev-next-area p, .bd-footer p"
)
SIDEWAYS = """selector => [...document.querySelectorAll(selector)].filter(
    each => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1).length"""
WORDS = """<p id="before">Before.</p><aside class="note"><p>A note of some words.</p></aside><p id="after">After.</p>"""


@pytest.fixture
def look(browser, serve):
    """Return a function that opens a page at some width, in some mode, perhaps without the book's fonts."""
    with serve(HTML) as address:
        contexts = []

        def open_page(name, width=1440, mode="light", fonts=True):
            contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=mode))
            page = contexts[-1].new_page()
            page.asked = []
            page.on("request", lambda request: page.asked.append(request.url))
            if not fonts:
                page.route("**/*.woff2", lambda route: route.abort())
            page.goto(f"{address}/{name}.html", wait_until="networkidle")
            page.evaluate("document.fonts.ready")
            page.address = address
            return page

        yield open_page
        for context in contexts:
            context.close()


def test_a_line_has_about_66_characters(look):
    lines = look(CHAPTER).evaluate(LINES)
    assert len(lines) > 25
    assert 60 <= sum(lines) / len(lines) <= 72
    assert max(lines) <= 78


@pytest.mark.parametrize("width", [390, 900, 1440])
def test_headings_fall_in_size(look, width):
    size = "selector => parseFloat(getComputedStyle(document.querySelector(selector)).fontSize)"
    page = look("book/distances/01-earth-mover", width)
    h1, h2, h3, text = (page.evaluate(size, f"article {name}") for name in ("h1", "h2", "h3", "section > p"))
    assert h1 > h2 > h3 > text >= 17


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_every_word_can_be_read(look, name, mode):
    page = look(name, mode=mode)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.wait_for_timeout(400)  # what opens fades in
    assert page.locator(TEXT).count() > 200
    assert page.evaluate(FAINT, TEXT) == []


def test_the_fonts_are_few_and_the_books_own(look):
    page = look(CHAPTER)
    assert all(url.startswith((page.address, "data:")) for url in page.asked)
    sizes = {font.stem: font.stat().st_size for font in (STATIC / "fonts").glob("*.woff2")}
    assert sum(size for name, size in sizes.items() if name != "EarthMath-Regular") < 150_000
    assert sum(sizes.values()) < 200_000  # with the one that writes formulas
    loaded = page.evaluate("[...document.fonts].filter(font => font.status == 'loaded').map(font => font.family)")
    assert {"Earth Serif", "Earth Serif Display", "Earth Sans", "Earth Mono"} <= set(loaded)
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def test_text_hardly_moves_when_the_fonts_come(look):
    """The font that stands in is as wide, so the paragraphs of a chapter are as high, to some per cent."""
    height = "[...document.querySelectorAll('article section > p')].reduce((sum, p) => sum + p.offsetHeight, 0)"
    before, after = (look(CHAPTER, fonts=fonts).evaluate(height) for fonts in (False, True))
    assert abs(before / after - 1) < 0.03


@pytest.mark.parametrize(("width", "beside"), [(1440, True), (1280, True), (900, False), (390, False)])
def test_a_note_stands_in_the_margin_where_there_is_one(look, width, beside):
    page = look(CHAPTER, width)
    page.evaluate("words => document.querySelector('article h2').insertAdjacentHTML('afterend', words)", WORDS)
    note = page.locator("aside.note").filter(has_text="A note of some words").bounding_box()
    before, after = (page.locator(each).bounding_box() for each in ("#before", "#after"))
    if beside:
        assert note["x"] >= before["x"] + before["width"] and note["width"] >= 100
        assert after["y"] - before["y"] - before["height"] < 40
    else:
        assert note["x"] == before["x"] and note["y"] + note["height"] <= after["y"]


@pytest.mark.parametrize("name", [CHAPTER, "book/mnist/09-training", "book/appendix/gpu"])
def test_no_code_scrolls_sideways_on_a_phone(look, name):
    assert look(name, 390).evaluate(SIDEWAYS, "article .cell_input pre, article .highlight-sh pre") == 0


@pytest.mark.parametrize("name", ["book/appendix/recipes", "book/appendix/notation", INTRO])
def test_no_table_loses_a_column_on_a_phone(look, name):
    assert look(name, 390).evaluate(SIDEWAYS, "article table") == 0


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_first_screen_says_what_shows_and_leads_on(look, width, height):
    """What the book is, where to begin, the scoreboard's count, and the picture to touch."""
    page = look(INTRO, width)
    for each in (".lede", "a.begin", "a.tally", ".play canvas"):
        box = page.locator(each).first.bounding_box()
        assert box["y"] + box["height"] <= height, each


def test_a_link_of_the_map_shows_its_focus(look):
    page = look(INTRO)
    width = "() => parseFloat(getComputedStyle(document.querySelector('svg.map-wide a rect')).strokeWidth)"
    before = page.evaluate(width)
    page.locator("svg.map-wide a").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(width) > before


def test_the_card_and_the_icon():
    with Image.open(STATIC / "assets" / "card.png") as card:
        assert card.size == (1200, 630)
    with Image.open(STATIC / "root" / "favicon.ico") as icon:
        assert {(16, 16), (32, 32)} <= icon.info["sizes"]


def test_folded_lines_in_a_row_share_a_line_until_one_opens(look):
    page = look(CHAPTER)
    tops = "[...document.querySelectorAll('details.hide')].slice(0, 2).map(each => each.getBoundingClientRect().top)"
    assert len(set(page.evaluate(tops))) == 1
    page.locator("details.hide > summary").first.click()
    assert len(set(page.evaluate(tops))) == 2


def test_on_a_phone_the_words_of_a_still_picture_can_be_read(look):
    """At 480 pixels eleven points are ten pixels high; its frame takes the whole width and scrolls, by key too."""
    page = look(CHAPTER, 390)
    frames = page.locator(".picture:not(.slider, .film) .frame").all()
    assert len(frames) > 3
    for frame in frames:
        assert frame.bounding_box()["width"] == 390 and frame.get_attribute("tabindex") == "0"
        assert frame.locator("img:visible").bounding_box()["width"] >= 480
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [390, 900, 1440])
def test_no_word_of_a_formula_is_broken(look, width):
    """In a cell that is too narrow the second half of a broken word would not be seen."""
    words = look("book/critics/04-gan", width).locator("#equation-4-5 mtext").all()
    assert max(len(word.text_content()) for word in words) > 20
    assert max(word.bounding_box()["height"] for word in words) < 40  # one line each
