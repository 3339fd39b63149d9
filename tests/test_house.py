"""The house: imports go down, functions are short, and every idea has an example and a chapter."""

import ast
import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
SOURCES = {path: path.relative_to(HOUSE / "wgan_lib") for path in sorted((HOUSE / "wgan_lib").rglob("*.py"))}
HALL = ["toy", "transport", "divergences", "objectives", "lipschitz", "networks", "randomness", "training", "metrics"]
# Of the hall, training alone stands on a wing; what the hall asks of its arguments is shown by example, too.
IDEAS, WITH_EXAMPLES = set(HALL) - {"training"}, [*HALL, "arrays", "stacked"]
# From the ground up. A folder stands for all its modules; a module imports what is on its floor or below.
FLOORS = [
    {"randomness", "arrays", "claims", "figures", "widgets", "settings"},
    {"toy", "transport", "divergences", "objectives", "lipschitz", "networks", "mnist", "conditional"},
    {"engine"},
    {"classifiers", "metrics", "diagnose", "stacked"},
    {"training"},
    {"runs"},
    {"experiments"},
    {"checks"},
    {"__main__"},
]
WINGS = {"engine", "experiments"}


def room(module):
    """Return the name by which `FLOORS` knows a module: "engine" for wgan_lib.engine.graphs."""
    return module.removeprefix("wgan_lib").strip(".").split(".")[0]


def floor(name):
    (found,) = [number for number, rooms in enumerate(FLOORS) if name in rooms] or [None]
    return found


def imported(tree):
    """Return the rooms that a module imports from, at its head or within a function."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
        if isinstance(node, ast.ImportFrom) and node.module == "wgan_lib":
            names = [f"wgan_lib.{name}" for name in names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (room(name) for name in names if name.startswith("wgan_lib."))


@pytest.mark.parametrize("path", SOURCES, ids=map(str, SOURCES.values()))
def test_imports_go_down(path):
    own = SOURCES[path].with_suffix("").parts[0]
    if own == "__init__":
        assert not list(imported(ast.parse(path.read_text())))
        return
    assert floor(own) is not None, f"{own} stands on no floor: give it one in FLOORS"
    for name in imported(ast.parse(path.read_text())):
        assert floor(name) <= floor(own), f"{own} imports {name}, which stands above it"
        assert own not in IDEAS or name not in WINGS, f"{own} is an idea, and {name} a wing"


def lengths(path):
    """Return the lines of each function beneath its signature, less docstring and blank lines."""
    lines = path.read_text().splitlines()
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            if body:
                yield node.name, sum(bool(line.strip()) for line in lines[body[0].lineno - 1 : node.end_lineno])


# A check is a list of what readers answer and what each is told, so its length is no complexity.
@pytest.mark.parametrize("path", [path for path, name in SOURCES.items() if name.parts[0] != "checks"], ids=str)
def test_a_function_is_at_most_25_lines(path):
    assert {name: n for name, n in lengths(path) if n > 25} == {}


def test_the_hall_is_read_in_an_afternoon():
    lines = [line for name in HALL for line in (HOUSE / "wgan_lib" / f"{name}.py").read_text().splitlines()]
    assert len(lines) <= 1500
    assert [line for line in lines if len(line) > 100] == []


def public():
    for name in WITH_EXAMPLES:
        module = importlib.import_module(f"wgan_lib.{name}")
        for _, value in inspect.getmembers(module, lambda value: inspect.isfunction(value) or inspect.isclass(value)):
            if value.__module__ == module.__name__ and not value.__name__.startswith("_"):
                yield pytest.param(module, value, id=f"{name}.{value.__name__}")


@pytest.mark.parametrize(("module", "value"), public())
def test_every_idea_has_an_example_that_runs_and_a_chapter_that_exists(module, value):
    (example,) = doctest.DocTestFinder(recurse=False).find(value, module.__name__, module=module)
    assert example.examples, "an example is missing"
    said = []
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)
    chapters = re.findall(r"\bChapter (\d+)\b", value.__doc__)
    assert chapters, 'a chapter is missing: "Chapter 2 derives it."'
    for number in chapters:
        assert list((HOUSE / "book").glob(f"*/{int(number):02d}-*.ipynb")), f"there is no chapter {number}"
