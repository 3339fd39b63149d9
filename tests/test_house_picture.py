"""The picture of the house is that of its imports, as they are now."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

import house  # noqa: E402


def test_the_stored_picture_is_what_the_tool_makes_now():
    assert house.PICTURE.read_text(encoding="utf-8") == house.picture(), "run python tools/house.py"


def test_every_room_is_in_the_picture_and_every_arrow_goes_down():
    texts = [text.text for text in ElementTree.fromstring(house.picture()).iter("{http://www.w3.org/2000/svg}text")]
    graph = house.imports()
    assert set(texts) >= set(graph) and set(graph) >= house.HALL | house.WINGS
    depth = house.storeys(graph)
    assert all(depth[room] < depth[other] for room, below in graph.items() for other in below)


def test_rooms_do_not_touch_one_another_or_the_edge():
    rooms = [box.attrib for box in ElementTree.fromstring(house.picture()).iter("{http://www.w3.org/2000/svg}rect")][1:]
    lefts = sorted({(float(room["y"]), float(room["x"])) for room in rooms})
    assert len(lefts) == len(house.imports())
    for (storey, left), (other, right) in zip(lefts, lefts[1:], strict=False):
        assert storey != other or right - left >= house.BOX[0] + 8
    assert all(4 <= left <= house.WIDTH - house.BOX[0] - 4 for _, left in lefts)


def test_an_arrow_is_left_out_only_where_a_longer_way_leads():
    assert house.shortened({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_every_module_has_its_place_on_the_page():
    """But for what gives answers away, and for the command line."""
    page = (house.ROOT / "book" / "appendix" / "api.md").read_text(encoding="utf-8")
    names = [path.relative_to(house.ROOT).with_suffix("") for path in (house.ROOT / "wgan_lib").rglob("[!_]*.py")]
    modules = {".".join(name.parts) for name in names if "checks" not in name.parts} | {"wgan_lib.checks"}
    assert set(re.findall(r"automodule:: (\S+)", page)) == modules
    assert set(re.findall(r"<(wgan_lib\S+)>`", page)) == modules, "each has its promise"
