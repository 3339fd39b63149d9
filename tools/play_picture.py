"""Draw book/_static/assets/lab.png, which stands for the laboratory where no script runs, and in print.

``python tools/play_picture.py`` plays the same 2,000 critic steps each time, in Chromium.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from play import bundle  # noqa: E402

PAGE = """<!doctype html><style>body {{ margin: 8px; font-family: sans-serif; background: #fcfcfa }} {style}</style>
<div class="play" id="lab"></div><script type="module">{source}
const lab = mount(document.getElementById("lab"));
for (let i = 0; i < 100; i++) {{ lab.advance(20); lab.judge(); }}
</script>"""


def main() -> None:
    """Open the laboratory, play, and keep what it shows."""
    style = (ROOT / "book" / "_static" / "play.css").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 960, "height": 640}, device_scale_factor=1.5)
        page.set_content(PAGE.format(style=style, source=bundle("lab.js")))
        page.wait_for_function("document.querySelector('.play-figures dd')?.textContent === '2,000'")
        page.locator("#lab").screenshot(path=ROOT / "book" / "_static" / "assets" / "lab.png")
        browser.close()


if __name__ == "__main__":
    main()
