"""Draw the pictures in book/_static/assets that Chromium takes: {lab,piles}.png stand for explorables where no script
runs, chapter.png for the book in the README.

``python tools/play_pictures.py``, after ``make book``; the laboratory plays the same 2,000 critic steps each time.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from play import bundle  # noqa: E402

STATIC = ROOT / "book" / "_static"
BOOK = "http://book/"  # no host: each file that the page asks for comes from STATIC
PAGE = """<!doctype html><html data-theme="light"><meta charset="utf-8">
<style>body {{ margin: 8px; background: var(--paper) }}</style>
<link rel="stylesheet" href="book.css"><link rel="stylesheet" href="play.css">
<div class="bd-article"><div class="play" id="here"></div></div><script type="module">{source}
const it = mount(document.getElementById("here"));
{play}
window.ready = true;
</script>"""
PLAYED = {"lab": "for (let i = 0; i < 100; i++) { it.advance(20); it.judge(); }", "piles": ""}


def serve(page, content):
    """Answer what a page asks for: itself, and the book's static files."""

    def answer(route):
        name = route.request.url.removeprefix(BOOK)
        route.fulfill(path=STATIC / name) if name else route.fulfill(body=content, content_type="text/html")

    page.route(f"{BOOK}**", answer)


def main() -> None:
    """Open each, play, and keep what it shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, play in PLAYED.items():
            page = browser.new_page(viewport={"width": 960, "height": 640}, device_scale_factor=1.5)
            serve(page, PAGE.format(source=bundle(f"{name}.js"), play=play))
            page.goto(BOOK)
            page.wait_for_function("window.ready")
            page.evaluate("document.fonts.ready")
            page.wait_for_timeout(200)  # for the observers of its size
            page.locator("#here").screenshot(path=STATIC / "assets" / f"{name}.png")
        page = browser.new_page(viewport={"width": 1180, "height": 820})
        page.goto((ROOT / "_build" / "html" / "book" / "distances" / "03-js-collapse.html").as_uri())
        page.wait_for_timeout(1000)  # for its fonts and its first picture
        page.screenshot(path=STATIC / "assets" / "chapter.png")
        browser.close()


if __name__ == "__main__":
    main()
