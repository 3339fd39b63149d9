"""Draw what stands for the book elsewhere: ``python tools/card.py`` writes the social card and favicon.ico.

Both are screenshots of a page made here, in the book's own colours and type; Chromium takes them.
"""

import io
import shutil
from base64 import b64encode
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"
CARD, ICON = STATIC / "assets" / "card.png", STATIC / "root" / "favicon.ico"
FONTS = {"display": "SerifDisplay-Semibold", "sans": "Sans-Regular"}
PAGE = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: Display; src: url({display}); }}
@font-face {{ font-family: Sans; src: url({sans}); }}
body {{ position: relative; box-sizing: border-box; width: 1200px; height: 630px; margin: 0; padding: 76px 84px;
  background: #fcfcfa; color: #1a1a1a; font-family: Sans; overflow: hidden; }}
h1 {{ margin: 0 0 22px; font: 86px/1.06 Display; letter-spacing: -1.5px; }}
p {{ width: 640px; margin: 0; color: #595d61; font-size: 33px; line-height: 1.36; }}
svg {{ position: absolute; right: -14px; bottom: 0; width: 720px; }}
</style><h1>Wasserstein GANs,<br>computed</h1>
<p>A book to read, run and play with, in which an exact referee checks every number.</p>
<svg viewBox="0 0 120 60">
  <path d="M3 60C18 60 20 24 35 24S52 60 67 60z" fill="#0072b2"/>
  <path d="M53 60C68 60 70 32 85 32S102 60 117 60z" fill="#d55e00" fill-opacity=".88"/>
  <g stroke="#1a1a1a" stroke-width=".45" stroke-opacity=".55" fill="none">
    <path d="M27 33Q52 6 78 39M31 27Q58 -2 82 33M35 25Q63 -4 85 32M39 27Q67 2 89 33M44 34Q70 12 93 40"/>
  </g>
</svg>"""


def shots():
    """Return the card and the icon as PNG: 1200 × 630, and 64 × 64."""
    fonts = {name: _address(STATIC / "fonts" / f"Earth{file}.woff2", "font/woff2") for name, file in FONTS.items()}
    icon = _address(STATIC / "favicon.svg", "image/svg+xml")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.set_content(PAGE.format(**fonts))
        page.evaluate("document.fonts.ready")
        card = page.screenshot()
        page.set_content(f'<body style="margin:0;background:none"><img width="64" src="{icon}">')
        return card, page.locator("img").screenshot(omit_background=True)


def _address(path, kind):
    return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"


def main():
    """Write both."""
    card, icon = (Image.open(io.BytesIO(shot)) for shot in shots())
    card.convert("RGB").quantize(128).save(CARD, optimize=True)
    icon.save(ICON, sizes=[(16, 16), (32, 32), (64, 64)])


if __name__ == "__main__":
    main()
