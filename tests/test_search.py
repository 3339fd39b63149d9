"""Search: prose first, in words, from a disk as from a server."""

import json
import re
from pathlib import Path

import pytest

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
TEXTS = HTML / "_static" / "search-texts.js"
SECTIONS = (
    json.loads(TEXTS.read_text("utf-8").removeprefix("const SECTIONS = ").rstrip(";\n")) if TEXTS.exists() else []
)

# What a reader looks for, and the page that the first hit must be on.
QUERIES = {
    "FID": "mnist/10-",
    "Inception Score": "mnist/10-",
    "gradient penalty": "critics/06-",
    "mode collapse": "critics/07-",
    "clipping": "critics/05-",
    "spectral norm": "critics/08-",
    "duality": "distances/02-",
    "c-transform": "distances/02-",
    "earth mover": "distances/01-",
    "vanishing gradient": "distances/03-",
    "precision and recall": "mnist/10-",
    "Lipschitz": "critics/0",
}


@pytest.fixture(scope="module", params=["http", "file"])
def address(request, serve):
    """Say where the search page is: on a server, and on the disk."""
    if request.param == "file":
        yield (HTML / "search.html").as_uri()
        return
    with serve(HTML) as here:
        yield f"{here}/search.html"


def test_the_index_is_small_and_has_no_tex():
    """It is fetched by the search page alone, and its excerpts can be read."""
    assert TEXTS.stat().st_size <= 600_000
    assert len(SECTIONS) >= 250
    for where, _, heading, text, group in SECTIONS:
        if group != "library":
            assert not re.search(r"\\[a-zA-Z]{2,}|\$", text), where
        assert (HTML / where.partition("#")[0]).exists()
        assert heading
    loading = [page.name for page in HTML.rglob("*.html") if "search-texts.js" in page.read_text("utf-8")]
    assert loading == ["search.html"]


def test_prose_comes_first(browser, address):
    """For each query the first hit is in the chapter about it; functions come last; nothing is asked of the network."""
    page = browser.new_page()
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    host = address.removesuffix("search.html")

    def note(request):  # what the page breaks off, as it goes on to the next query, is no failure of its own host
        if request.failure != "net::ERR_ABORTED" or not request.url.startswith(host):
            complaints.append(request.url)

    page.on("requestfailed", note)
    for query, chapter in QUERIES.items():
        page.goto(f"{address}?q={query.replace(' ', '+')}")
        first = page.locator("#search-results li").first
        first.wait_for()
        assert f"book/{chapter}" in first.locator("a").get_attribute("href"), query
        assert first.locator("p mark").count() >= 1 or query in first.inner_text().lower(), query
        headings = page.locator("#search-results h2:visible").all_inner_texts()
        assert "chapters" in headings[0]
        assert not any("library" in heading for heading in headings[:-1])
    assert complaints == []
    page.close()


def test_searching_while_typing(browser, address):
    """Endings do not matter, nonsense finds nothing and says so, and a result leads to its section."""
    page = browser.new_page()
    page.goto(address)
    field = page.locator(".bd-search-container input[name=q]")
    counts = []
    for word in ("clip", "clipped", "clipping", "zzzz"):
        field.fill(word)
        counts.append(int(re.match(r"\d+", page.locator("#search-count").inner_text())[0]))
    assert counts[0] >= counts[1] == counts[2] > 20
    assert counts[3] == 0
    field.fill("Cramér")
    page.locator("#search-results li a").first.click()
    page.wait_for_load_state()
    anchor = page.url.partition("#")[2]
    assert anchor and page.locator(f"[id='{anchor}']").count() == 1
    page.close()
