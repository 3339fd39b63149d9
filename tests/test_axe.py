"""No page has a fault that axe-core can find: by day and by night, on a desk and on a phone."""

from pathlib import Path

import axe_playwright_python
import pytest

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
FILES = [page.relative_to(HTML).as_posix() for page in HTML.rglob("*.html") if "_static" not in page.parts]
PAGES = sorted(set(FILES) - {"index.html"})  # which only sends on to the first page
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

# What is seen depends on the width, and colours on the mode as well: all rules at both widths, in one mode each,
# and those about colours in the other. So all is asked of each page, in half the time.
COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS = [("light", DESK, None), ("dark", DESK, COLOURS), ("dark", PHONE, None), ("light", PHONE, COLOURS)]

SET_MODE = "mode => Object.assign(document.documentElement.dataset, { mode, theme: mode })"
# Code is coloured alike everywhere, in some ten thousand pieces: one page stands for all.
CODE = "book/appendix/speed.html"
FAULTS = """([rules, exclude]) => axe.run({ exclude }, {
    resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }),
}).then(result => result.violations.flatMap(
    fault => fault.nodes.map(node => `${fault.id}: ${node.target} ${node.html.slice(0, 120)}`)
))"""


@pytest.mark.parametrize("name", PAGES)
def test_no_fault(browser, name):
    """From the disk, all scripts run; animations are stilled, so that no colour is half way."""
    page = browser.new_page(viewport=DESK, reduced_motion="reduce")
    page.goto((HTML / name).as_uri(), wait_until="load")
    page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
    page.evaluate(AXE)
    exclude = [] if name == CODE else [[".highlight pre"]]
    faults = {}
    for mode, size, rules in LOOKS:
        page.set_viewport_size(size)
        page.wait_for_timeout(500)  # the theme looks a moment later what scrolls now, and gives it a tab stop
        page.evaluate(SET_MODE, mode)
        for fault in page.evaluate(FAULTS, [rules, exclude]):
            # axe reads no MathML, and takes a heading that is a formula for an empty one.
            if not (fault.startswith("empty-table-header") and "<math>" in fault):
                faults.setdefault(fault, f"{mode}, {size['width']} px")
    page.close()
    assert faults == {}


def test_axe_finds_faults(browser):
    """A page with faults has them: the test can fail."""
    page = browser.new_page()
    page.set_content("<main><img src='x.png'><p style='color: #999; background: #fff'>faint</p></main>")
    page.evaluate(AXE)
    found = {fault.partition(":")[0] for fault in page.evaluate(FAULTS, [None, []])}
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found
    page.close()
