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
        const skip = text.parentElement.closest("pre, code, script, style, math, .jupyter-widgets");
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
    const scrolls = element.closest("pre, table, .math, .output");
    return !scrolls && element.getBoundingClientRect().right > window.innerWidth + 1;
}).map(element => element.outerHTML.slice(0, 120))"""
PICTURE = (
    """widget => [...widget.querySelectorAll("img")].filter(image => image.checkVisibility()).map(image => image.src)"""
)


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


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("name", [page for page in PAGES if "widget-view+json" in (HTML / page).read_text("utf-8")])
def test_sliders(visit, address, name, scheme):
    """Every slider, moved from the keyboard, shows another picture and another value; no Python is running."""
    page = visit(f"{address}/{name}" if scheme == "http" else (HTML / name).as_uri())
    scripts = page.locator("script[type='application/vnd.jupyter.widget-view+json']").count()
    page.wait_for_selector(".widget-hslider .noUi-handle")
    sliders = page.locator(".widget-vbox:has(> .widget-hslider)")
    assert sliders.count() == scripts
    for slider in sliders.all():
        readout = slider.locator(".widget-readout")
        before, label = slider.evaluate(PICTURE), readout.inner_text()
        handle = slider.locator(".noUi-handle")
        at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        handle.focus()
        page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
        page.wait_for_timeout(100)
        after = slider.evaluate(PICTURE)
        assert len(before) == len(after) == 1, "one picture is seen at a time"
        assert before != after
        assert readout.inner_text() != label
        assert slider.bounding_box()["width"] <= DESKTOP["width"]
    assert page.complaints == []
