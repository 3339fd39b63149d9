"""The site around the pages: links land, pages are described, a wrong address is answered."""

import re
import shutil
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
PAGES = sorted((HTML / "book").rglob("*.html"))
REPOSITORY = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
OWNER, NAME = REPOSITORY.split("/")[-2:]
ADDRESS = f"https://{OWNER}.github.io/{NAME}/"
META = re.compile(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"')


def test_every_link_lands():
    """Each internal link leads to a page that exists, and to an anchor on it."""
    anchors, links = {}, defaultdict(set)
    for page in [*PAGES, HTML / "search.html", HTML / "genindex.html"]:
        text = page.read_text("utf-8")
        anchors[page.resolve()] = set(re.findall(r'\bid="([^"]+)"', text))
        for href in re.findall(r'<a [^>]*?href="([^"]+)"', text):
            if not re.match(r"[a-z]+:", href):
                links[page].add(href)
    broken = []
    for page, hrefs in links.items():
        for href in hrefs:
            path, _, anchor = unquote(href).partition("#")
            target = (page.parent / path.partition("?")[0]).resolve() if path else page.resolve()
            settings = "=" in anchor  # of the laboratory: test_teaching.py opens it with them
            landed = target.exists() and (not anchor or settings or target not in anchors or anchor in anchors[target])
            if not landed:
                broken.append(f"{page.relative_to(HTML)}: {href}")
    assert broken == []
    assert sum(map(len, links.values())) > 2000


def test_every_page_describes_itself():
    """A description of its own, of a length that is shown, and what a shared link needs."""
    told = {}
    for page in PAGES:
        meta = dict(META.findall(page.read_text("utf-8")))
        assert 50 <= len(meta["description"]) <= 260, page.name
        assert "\\" not in meta["description"], page.name
        assert meta["og:url"] == ADDRESS + page.relative_to(HTML).as_posix()
        assert {"og:title", "og:description", "og:type", "og:site_name", "twitter:card"} <= set(meta)
        if "og:image" in meta:
            assert (HTML / meta["og:image"].removeprefix(ADDRESS)).exists()
        told[page] = meta["description"]
    assert len(set(told.values())) == len(told)


def test_titles_do_not_repeat_themselves():
    """The first page's title is the book's, once."""
    for page in PAGES:
        title = re.search(r"<title>(.*?)</title>", page.read_text("utf-8"), re.S)[1]
        assert title.count("Wasserstein GANs, computed") == 1, page.name


def test_the_one_style_sheet_is_read_to_its_end():
    """A bracket that a cut selector left open would silence every rule after it."""
    css = (HTML / "_static" / "style.css").read_text("utf-8")
    preludes = re.findall(r"[^{};]+(?=\{)", css)
    assert len(preludes) > 1000
    assert [each for each in preludes if each.count("(") != each.count(")")] == []
    # The last rules of the book's own sheet are there.
    assert ".scoreboard" in css and ".claim" in css


def test_the_map_of_the_site_is_the_book():
    """Every page of the contents, once."""
    tree = ElementTree.parse(HTML / "sitemap.xml")
    found = [element.text for element in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert sorted(found) == sorted(ADDRESS + page.relative_to(HTML).as_posix() for page in PAGES)


def test_the_404_page_stands_alone(browser, serve, tmp_path):
    """At whatever depth it is shown it asks for nothing, and its links lead to pages that exist."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    shutil.copy(HTML / "404.html", deep / "c.html")
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    with serve(tmp_path) as here:
        page.goto(f"{here}/a/b/c.html")
    assert [url for url in asked if not url.endswith(("c.html", "favicon.ico"))] == []
    links = [link.get_attribute("href") for link in page.locator("a").all()]
    assert len(links) >= 14
    for link in links:
        assert (HTML / link.removeprefix(ADDRESS)).is_file(), link
    page.close()


@pytest.mark.parametrize("file", ["search.html", "book/intro.html"])
def test_one_place_names_the_address(file):
    """The canonical address follows from the repository's."""
    assert f'<link rel="canonical" href="{ADDRESS}{file}"' in (HTML / file).read_text("utf-8")
