"""Every page of the built book, opened in a browser as a reader would."""

from pathlib import Path

import pytest

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
PAGES = sorted(page.relative_to(HTML).as_posix() for page in HTML.rglob("*.html") if "_static" not in page.parts)
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

FORMULA_IN_TEXT = r"""() => {
    const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
    const raw = [];
    while (walker.nextNode()) {
        const text = walker.currentNode;
        const skip = text.parentElement.closest("pre, code, script, style, math");
        if (!skip && /\$[^$]+\$|\\[([]|\\begin\{/.test(text.data)) raw.push(text.data.trim());
    }
    return raw;
}"""
UNRENDERED = """() => [...document.querySelectorAll(".math")].filter(
    math => !math.querySelector("math") || math.querySelector("merror") || !math.getBoundingClientRect().width
        && math.checkVisibility()
).map(math => math.textContent)"""
LOAD_IMAGES = """() => Promise.all([...document.querySelectorAll("article img")].map(image => {
    image.loading = "eager";
    return image.decode().catch(() => null);
}))"""
BAD_IMAGES = """() => [...document.querySelectorAll("article img")].filter(
    image => !(image.complete && image.naturalWidth) || !image.alt.trim() || /^(\\.\\.\\/)*_images/.test(image.alt)
).map(image => image.src.slice(-80) + " alt=" + image.alt)"""
TOO_WIDE = """() => [...document.querySelectorAll("article *")].filter(element => {
    const scrolls = element.closest("pre, table, .math, .output, .picture .frame");
    return !scrolls && element.getBoundingClientRect().right > window.innerWidth + 1;
}).map(element => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def address(serve):
    """Serve the book on this machine."""
    with serve(HTML) as here:
        yield here


@pytest.fixture
def visit(browser):
    """Open an address, wait until all is drawn, and give the page with the complaints it made."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(15_000)

    def open_page(url):
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(f"failed: {request.url[:200]}"))
        page.on("request", lambda request: _stays_home(request.url, url) or page.complaints.append(request.url))
        page.goto(url, wait_until="networkidle")
        return page

    yield open_page
    context.close()


def _stays_home(url: str, page: str) -> bool:
    return url.startswith(("data:", "blob:")) or url.split("/")[:3] == page.split("/")[:3]


def test_the_book_is_built():
    """Without pages there would be nothing to fail."""
    assert "book/intro.html" in PAGES, "make book first"


@pytest.mark.parametrize("name", PAGES)
def test_page(visit, address, name):
    """A page is whole: nothing from elsewhere, no error, formulas and pictures drawn, and it fits a phone."""
    page = visit(f"{address}/{name}")
    assert page.complaints == []
    if page.query_selector("article"):
        assert page.evaluate(FORMULA_IN_TEXT) == []
        page.evaluate(LOAD_IMAGES)
        assert page.evaluate(BAD_IMAGES) == []
    assert page.evaluate(UNRENDERED) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    if page.query_selector("article"):
        assert page.evaluate(TOO_WIDE) == []


SHOWN = "figure => [...figure.querySelectorAll('img')].filter(image => image.checkVisibility()).map(image => image.src)"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("name", [page for page in PAGES if 'picture slider"' in (HTML / page).read_text("utf-8")])
def test_sliders(visit, address, name, scheme, theme):
    """Every slider, moved from the keyboard, shows another picture and another value; no Python is running."""
    page = visit(f"{address}/{name}" if scheme == "http" else (HTML / name).as_uri())
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    page.evaluate("() => document.querySelectorAll('details').forEach(fold => fold.open = true)")
    for slider in page.locator("figure.slider").all():
        control, output = slider.locator("input[type=range]"), slider.locator("output")
        assert control.bounding_box()["height"] >= 44, "a thumb can hold it"
        assert slider.locator("label").inner_text().strip(), "it has a name"
        before, value = slider.evaluate(SHOWN), output.inner_text()
        at_end = control.get_attribute("max") == control.input_value()
        control.press("ArrowLeft" if at_end else "ArrowRight")
        assert output.inner_text() == control.get_attribute("aria-valuetext") != value
        page.wait_for_function("([f, was]) => (" + SHOWN + ")(f)[0] !== was", arg=[slider.element_handle(), before[0]])
        after = slider.evaluate(SHOWN)
        assert len(before) == len(after) == 1, "one picture is seen at a time"
        assert ("-night" in after[0]) == (theme == "dark" and after[0].endswith(".svg"))
    assert page.complaints == []
