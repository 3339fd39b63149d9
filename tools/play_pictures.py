"""Draw the pictures that stand for explorables where no script runs: book/_static/assets/{lab,piles}.png.

``python tools/play_pictures.py`` opens each in Chromium; the laboratory plays the same 2,000 critic steps each time.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from play import bundle  # noqa: E402

PAGE = """<!doctype html><style>body {{ margin: 8px; font-family: sans-serif; background: #fcfcfa }} {style}</style>
<div class="play" id="here"></div><script type="module">{source}
const it = mount(document.getElementById("here"));
{play}
window.ready = true;
</script>"""
PLAYED = {"lab": "for (let i = 0; i < 100; i++) { it.advance(20); it.judge(); }", "piles": ""}


def main() -> None:
    """Open each, play, and keep what it shows."""
    style = (ROOT / "book" / "_static" / "play.css").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 960, "height": 640}, device_scale_factor=1.5)
        for name, play in PLAYED.items():
            page.set_content(PAGE.format(style=style, source=bundle(f"{name}.js"), play=play))
            page.wait_for_function("window.ready")
            page.wait_for_timeout(200)  # for the observers of its size
            page.locator("#here").screenshot(path=ROOT / "book" / "_static" / "assets" / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
