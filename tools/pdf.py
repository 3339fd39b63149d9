"""Print a chapter: ``python tools/pdf.py 05`` writes _build/pdf/05-clipping.pdf, by a Chromium without a window."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
LOAD = """() => Promise.all([...document.images].map(image => {
    image.loading = "eager";
    return image.decode().catch(() => null);
}))"""


def page_of(number):
    """Return the page of the chapter with a number or a name, as 05, 5 or glossary."""
    name = f"{int(number):02d}-*" if number.isdigit() else number
    found = sorted((HTML / "book").rglob(f"{name}.html"))
    if len(found) != 1:
        sys.exit(f"No chapter {number!r}: make pdf N=05 prints chapter 5")
    return found[0]


def chromium():
    """Return the path of a Chromium, or end with one line."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    sys.exit("Chromium is not on the PATH: on Debian or Ubuntu, apt install chromium")


def print_page(page, path):
    """Write an open page to a PDF, all its pictures there."""
    page.emulate_media(media="print", color_scheme="light")
    page.evaluate(LOAD)
    page.evaluate("() => document.fonts.ready")
    page.pdf(path=path, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)


def main(number):
    """Print one chapter, and say where it is."""
    source = page_of(number)
    path = ROOT / "_build" / "pdf" / f"{source.stem}.pdf"
    executable = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(source.as_uri())
        print_page(page, path)
        browser.close()
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] else sys.exit("Which chapter? make pdf N=05"))
