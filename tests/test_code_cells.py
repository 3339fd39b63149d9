"""Folded code: a line that says what it does, and one switch for all of it."""

import re
from pathlib import Path

import pytest

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
FOLDED = sorted(
    page.relative_to(HTML).as_posix()
    for page in (HTML / "book").rglob("*.html")
    if '<details class="hide' in page.read_text(encoding="utf-8")
)
OPEN = "() => [...document.querySelectorAll('details.hide')].map(cell => cell.open)"
DEAF = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('private'); } });"


def test_every_chapter_folds_something():
    """Else the rest of these tests would say nothing."""
    assert len(FOLDED) >= 12, "make book first"


@pytest.mark.parametrize("name", FOLDED)
def test_a_title_is_the_line_to_click_on(name):
    """It stands there once, not in the code, and no label of the machine's hides it from a screen reader."""
    page = (HTML / name).read_text(encoding="utf-8")
    titles = re.findall(r'<details class="hide[^>]*>\s*<summary>(.*?)</summary>', page)
    assert len(titles) == page.count('<details class="hide') and "@title" not in page
    assert all(title and "Show code cell" not in title for title in titles)
    assert page.count('class="all-code') == 1


@pytest.mark.parametrize("private", [False, True])
def test_the_switch(browser, serve, private):
    """From the keyboard it opens and folds all, and the next page remembers; without storage it works for its page."""
    context = browser.new_context()
    if private:
        context.add_init_script(DEAF)
    with serve(HTML) as address:
        page = context.new_page()
        errors = []
        page.goto(f"{address}/{FOLDED[0]}")
        page.on("pageerror", lambda error: errors.append(str(error)))
        assert not any(page.evaluate(OPEN))
        switch = page.get_by_role("switch", name="Show all code")
        switch.focus()
        page.keyboard.press("Space")
        assert all(page.evaluate(OPEN)) and switch.is_checked()
        page.goto(f"{address}/{FOLDED[1]}")
        assert all(page.evaluate(OPEN)) is not private
        if not private:
            page.get_by_role("switch").click()
            assert not any(page.evaluate(OPEN))
    assert errors == [] or private  # the theme's own scripts want storage, too
    context.close()
