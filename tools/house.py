"""Draw the library as a house: every module a room, and an arrow down to each room that it imports from.

``python tools/house.py`` writes book/_static/assets/house.svg. The arrows are the imports as they are written; one is
left out where a longer way leads to the same room.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "book" / "_static" / "assets" / "house.svg"
HALL = {"toy", "transport", "divergences", "objectives", "lipschitz", "networks", "randomness", "training", "metrics"}
WINGS = {"engine", "experiments"}
BLUE, RED, GREY = "#0072b2", "#d55e00", "#777777"
WIDTH, STOREY, BOX = 760, 92, (132, 36)
Graph = dict[str, set[str]]


def imports() -> Graph:
    """Return the rooms that each room imports from; a folder is one room."""
    found: Graph = {}
    library = ROOT / "wgan_lib"
    for path in sorted(library.rglob("*.py")):
        room = path.relative_to(library).with_suffix("").parts[0]
        if room != "__init__":
            found.setdefault(room, set()).update(_imported(ast.parse(path.read_text(encoding="utf-8"))) - {room})
    return found


def _imported(tree: ast.Module) -> set[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "wgan_lib":
            names += [f"wgan_lib.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return {name.split(".")[1] for name in names if name.startswith("wgan_lib.")}


def shortened(graph: Graph) -> Graph:
    """Leave out each import that a longer way makes, too."""

    def reached(room: str) -> set[str]:
        return graph[room].union(*(reached(below) for below in graph[room]))

    return {room: below - set().union(*(reached(other) for other in below)) for room, below in graph.items()}


def storeys(graph: Graph) -> dict[str, int]:
    """Return the storey of each room, 0 at the top: right below the lowest room that imports it."""

    def depth(room: str) -> int:
        return max((1 + depth(user) for user, below in graph.items() if room in below), default=0)

    return {room: depth(room) for room in sorted(graph)}


def places(graph: Graph, depth: dict[str, int]) -> tuple[dict[str, tuple[float, int]], dict[str, list[str]]]:
    """Return where each room stands, as (x, storey), and the stations of each arrow, which passes between rooms."""
    depth, above = dict(depth), {room: [] for room in graph}
    ways: dict[str, list[str]] = {}
    for room, below in sorted(graph.items()):
        for other in sorted(below):
            gaps = [f"{room}>{other}@{level}" for level in range(depth[room] + 1, depth[other])]
            depth |= {gap: depth[room] + 1 + k for k, gap in enumerate(gaps)}
            ways[f"{room}>{other}"] = way = [room, *gaps, other]
            for upper, lower in zip(way, way[1:], strict=False):
                above.setdefault(lower, []).append(upper)
    x: dict[str, float] = {}
    for level in range(max(depth.values()) + 1):
        row = sorted(name for name in depth if depth[name] == level)
        row.sort(key=lambda name: sum(x[user] for user in above[name]) / max(len(above[name]), 1))
        shares = [0.2 if ">" in name else 1.0 for name in row]  # an arrow that passes needs less room
        for k, name in enumerate(row):
            x[name] = round(WIDTH * (sum(shares[:k]) + shares[k] / 2) / sum(shares), 1)
    return {name: (x[name], depth[name]) for name in depth}, ways


def picture() -> str:
    """Return the house as SVG, on paper of its own, so that it can be read in the dark, too."""
    graph = shortened(imports())
    where, ways = places(graph, storeys(graph))
    height = STOREY * max(level for _, level in where.values()) + 110
    arrows = [_arrow([where[name] for name in way]) for way in ways.values()]
    rooms = [_room(name, *where[name]) for name in sorted(graph)]
    legend = [
        f'<text x="{x}" y="{height - 14}" text-anchor="middle" fill="{colour}" font-size="13">{words}</text>'
        for x, colour, words in ((130, BLUE, "the hall of ideas"), (380, "#ad4b00", "the two wings"),
                                 (630, "#555555", "what stands beside"))
    ]  # fmt: skip
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="Earth Sans, DejaVu Sans, Verdana, sans-serif" font-size="15">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L10 5L0 10z" fill="{GREY}"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#ffffff"/>',
        *arrows, *rooms, *legend, "</svg>\n",
    ])  # fmt: skip


def _top(level: int) -> int:
    return 20 + STOREY * level


def _arrow(stations: list[tuple[float, int]]) -> str:
    """Draw a curve from the foot of one room, upright through every storey between, to the head of another."""
    (x, level), *rest = stations
    path, y = f"M{x:g} {_top(level) + BOX[1]}", _top(level) + BOX[1]
    for k, (to, level) in enumerate(rest):
        end = _top(level) - 2
        path += f"C{x:g} {(y + end) / 2:g} {to:g} {(y + end) / 2:g} {to:g} {end}"
        x, y = to, end
        if k < len(rest) - 1:
            y = _top(level) + BOX[1]
            path += f"V{y}"
    return f'<path d="{path}" fill="none" stroke="{GREY}" stroke-width="1.6" marker-end="url(#tip)"/>'


def _room(name: str, x: float, level: int) -> str:
    colour = BLUE if name in HALL else RED if name in WINGS else GREY
    width, height = BOX
    left, top = round(x - width / 2, 1), _top(level)
    weight = "600" if name in HALL | WINGS else "400"
    return (
        f'<rect x="{left:g}" y="{top}" width="{width}" height="{height}" rx="8" fill="#ffffff"/>'
        f'<rect x="{left:g}" y="{top}" width="{width}" height="{height}" rx="8" fill="{colour}" fill-opacity=".16" '
        f'stroke="{colour}" stroke-width="1.6"/>'
        f'<text x="{x:g}" y="{top + 23}" text-anchor="middle" font-weight="{weight}" fill="#222222">{name}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)}")
