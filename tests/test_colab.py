"""On Colab: the first cell, the versions, and no GPU even where there is one; tried in a small fork of the book."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import colab  # noqa: E402
from notebooks import chapters, colab_source  # noqa: E402

CONFIG = """\
repository:
  url: https://example.org/someone/their-book.git
  branch: lessons
"""
PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "their_lib"
version = "1"

[tool.setuptools]
py-modules = ["their_lib"]
"""
USES_THE_LIBRARY = "import pathlib, sys, their_lib\nassert pathlib.Path.cwd().name == 'their-book'"
IS_COLAB = "assert 'google.colab' in sys.modules and not pathlib.Path('content').exists()"
CHOOSES_A_GPU = "import torch\ntorch.zeros(1, device='cuda' if torch.cuda.is_available() else 'cpu')"
TRAINS_ON_THE_CPU = """\
import torch
weight = torch.nn.Parameter(torch.ones(1))
for optimizer in (torch.optim.Adam([weight], fused=True), torch.optim.RMSprop([weight])):
    (weight**2).sum().backward()
    optimizer.step()"""


def pinned(name):
    """Return the pin of a package as it is here."""
    return f"{name}=={importlib.metadata.version(name)}\n"


@pytest.fixture
def fork(tmp_path):
    """Return a repository of another name on another branch, whose address stands in _config.yml alone."""
    fork = tmp_path / "checkout"
    shutil.copytree(ROOT / "tools", fork / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    toc = "parts: [{chapters: [{file: one}, {file: two}, {file: three}]}]\n"
    for name, text in (("_config.yml", CONFIG), ("_toc.yml", toc), ("pyproject.toml", PYPROJECT), ("their_lib.py", "")):
        (fork / name).write_text(text)
    (fork / "tools" / "colab.txt").write_text(pinned("tqdm"))
    subprocess.run(["git", "init", "-q"], cwd=fork, check=True)
    return fork


@pytest.fixture
def tool(fork):
    """Return a function that runs one of the fork's tools and returns its exit status and what it said."""

    def run(*words):
        offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, *words], cwd=fork, env=os.environ | offline, capture_output=True, text=True, timeout=300
        )
        return done.returncode, done.stdout + done.stderr

    return run


def write(path, *cells):
    """Write a notebook of these code cells, with nothing in front."""
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)


def files(folder):
    """Return the names of all files that are not git's own."""
    return {path for path in folder.rglob("*") if ".git" not in path.parts}


def test_first_cells_are_rewritten_without_running_anything(fork, tool):
    """A fork changes _config.yml, says `--first-cells`, and its notebooks fetch the fork; the rest stays."""
    old = colab_source()
    assert "someone" not in old
    write(fork / "one.ipynb", old, "1 / 0")
    write(fork / "two.ipynb", "1 / 0")
    for _ in range(2):
        status, said = tool("tools/notebooks.py", "--first-cells")
        assert status == 0, said
        for name in ("one.ipynb", "two.ipynb"):
            first, rest = nbformat.read(fork / name, as_version=4).cells
            assert "-b lessons https://example.org/someone/their-book their-book\n" in first.source
            assert "wgan" not in first.source and first.metadata.tags == ["remove-cell"]
            assert (rest.source, rest.outputs) == ("1 / 0", [])


def test_every_notebook_runs_from_its_first_cell_on(fork, tool):
    """The cell fetches the fork and installs it, and a second run of it is harmless; nothing is left behind."""
    write(fork / "one.ipynb", USES_THE_LIBRARY, IS_COLAB, TRAINS_ON_THE_CPU)
    tool("tools/notebooks.py", "--first-cells")
    first = nbformat.read(fork / "one.ipynb", as_version=4).cells[0].source
    write(fork / "two.ipynb", first, first, USES_THE_LIBRARY)
    before = files(fork)
    status, said = tool("tools/colab.py", "one.ipynb", "two.ipynb")
    assert status == 0, said
    assert re.search(r"^7 passed in", said, re.M)
    assert "The first cell added their-lib and moved nothing" in said
    assert files(fork) == before
    assert "their-lib" not in colab.versions(sys.executable)


def test_an_error_a_gpu_and_another_version_are_seen(fork, tool):
    """Each fails the run, though the other notebooks go on."""
    write(fork / "one.ipynb", "assert False")
    write(fork / "two.ipynb", CHOOSES_A_GPU)
    write(fork / "three.ipynb", TRAINS_ON_THE_CPU)
    (fork / "tools" / "colab.txt").write_text("tqdm==1.2.3\n")
    tool("tools/notebooks.py", "--first-cells")
    status, said = tool("tools/colab.py")
    assert status == 1
    assert sorted(re.findall(r"^FAILED \d\d/(\S+)::Cell (\d)", said, re.M)) == [("one.ipynb", "1"), ("two.ipynb", "1")]
    assert "2 failed, 4 passed" in said
    assert f"moved tqdm==1.2.3 to {pinned('tqdm').strip()}" in said


def test_what_the_library_replaces_is_named():
    """Another version, and one that is gone; what is new replaces nothing."""
    before = {"a": "a==1", "b": "b==1", "c": "c==1"}
    after = {"a": "a==2", "b": "b==1", "d": "d==1"}
    pins = [line for line in colab.PINS.read_text().splitlines() if "==" in line]
    here = {colab.normal(line): line for line in pins}
    assert colab.moved(before | here, after | here) == ["a==1 to a==2", "c==1 to None"]


def test_a_failed_clone_says_what_to_do(tmp_path):
    """It names the address and the branch, and installs nothing."""
    script = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('colab')\n"
    (tmp_path / "cell.ipy").write_text(script + colab_source().replace("/content", str(tmp_path)))
    nowhere = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": "https://",
               "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/nowhere/.insteadOf"}  # fmt: skip
    home = {"IPYTHONDIR": str(tmp_path), "PIP_NO_INDEX": "1"}
    run = [sys.executable, "-m", "IPython", "--colors=NoColor", "cell.ipy"]
    done = subprocess.run(run, cwd=tmp_path, env=os.environ | nowhere | home, capture_output=True, text=True)
    said = done.stdout + done.stderr
    address = colab.repository()
    last = said[said.rindex("RuntimeError: ") :]
    assert address["url"] in last and address["branch"] in last and "run this cell again" in last
    assert "pip" not in last and "ModuleNotFoundError" not in said


def calls(tree, *names):
    """Return the calls of functions of these names."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) in names
    ]


def undecided(tree):
    """Return what is trained without a word about the device: the settings that reach a trainer."""
    assigned = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                assigned.setdefault(ast.unparse(target), []).append(node.value)
    found = []
    for call in calls(tree, "Trainer", "PlainLoop"):
        config = call.args[0] if call.args else call
        made = calls(config, "preset", "Config")
        for name in (ast.unparse(node) for node in ast.walk(config) if isinstance(node, ast.Name)):
            made += [each for value in assigned.get(name, []) for each in calls(value, "preset", "Config")]
        on_cpu = [
            any(key.arg == "device" and ast.unparse(key.value) == "'cpu'" for key in each.keywords) for each in made
        ]
        if not (on_cpu and all(on_cpu)):
            found.append(ast.unparse(call))
    return found


def code(path):
    """Return the code of a notebook, less the first cell, which is no Python."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return "\n".join(cell for cell in cells if "google.colab" not in cell)


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_chapter_computes_on_the_cpu(path):
    """On a GPU it would print other digits; `make test-colab` pretends one and runs it all."""
    assert undecided(ast.parse(code(path))) == []
    assert re.findall(r"is_available|device=.(?:auto|cuda)|\.cuda\(|to\(.cuda", code(path)) == []
    assert "computes on the CPU" in colab_source()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Trainer(preset('wgan-gp', device='cpu'))", 0),
        ("training.Trainer(training.preset('wgan-gp'), images=images)", 1),
        ("c = preset('wgan-gp', device='cpu')\nTrainer(replace(c, steps=3))", 0),
        ("c = preset('wgan-gp')\nTrainer(c)", 1),
        ("c = Config(device='auto')\nTrainer(c)", 1),
        ("Trainer(c)", 1),
    ],
)
def test_a_chapter_that_left_the_device_open_would_be_seen(text, number):
    """So that the test above can fail."""
    assert len(undecided(ast.parse(text))) == number


def test_colab_s_versions_are_locked_and_allowed():
    """Each pin stands in the lock, and the library asks for nothing else."""
    pins = dict(line.split("==") for line in colab.PINS.read_text().splitlines() if "==" in line)
    locked = dict(re.findall(r"^(\S+)==([^ \\]+)", (ROOT / "tools" / "colab.lock").read_text(), re.M))
    assert {name: locked[name.lower().replace("_", "-")] for name in pins} == pins
    for line in re.search(r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)[1].split():
        wanted = Requirement(line.strip('",'))
        if wanted.name in pins:
            assert wanted.specifier.contains(pins[wanted.name])
