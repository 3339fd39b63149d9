"""Run the notebooks as Colab does, each from its first cell on: ``python tools/colab.py [NOTEBOOK ...]``.

The Python that runs this has Colab's versions (`make test-colab` makes it). Each of two workers sees its packages
through a bare environment of its own, into which the first cell installs the library from a clone of this working
tree; so nothing stays behind, and whatever the library would replace is seen. Each notebook has a ``/content`` of its
own. The kernel believes in a GPU: what chooses one by itself fails here, where there is none.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

import nbformat
from notebooks import ROOT, chapters, repository

PINS = ROOT / "tools" / "colab.txt"
STARTUP = """\
import sys

import google.colab
import torch


def pretended():
    return not sys._getframe(1).f_globals["__name__"].startswith("torch.")  # whose optimisers would look for it


torch.cuda.is_available = pretended
"""


def snapshot(folder: Path) -> None:
    """Make a repository of the working tree as it is, on the branch that the first cell asks for."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for source in {ROOT / name for name in names if (ROOT / name).is_file()}:  # a deleted one is still listed
        copy = folder / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)
    git = ["git", "-c", "user.name=snapshot", "-c", "user.email=snapshot@localhost"]
    for words in (["init"], ["checkout", "-b", repository()["branch"]], ["add", "-A"], ["commit", "-m", "as it is"]):
        subprocess.run([*git, *words, "-q"] if words[0] != "add" else [*git, *words], cwd=folder, check=True)


def worker(folder: Path) -> Path:
    """Make an environment that sees the packages of this Python, and return its own Python."""
    venv.create(folder, symlinks=os.name != "nt")
    python = folder / "bin" / "python"
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    packages = sysconfig.get_path("purelib")
    (Path(where.stdout.strip()) / "base.pth").write_text(f"import site; site.addsitedir({packages!r})\n")
    return python


def lay_out(path: Path, folder: Path) -> Path:
    """Copy a notebook to `folder`, with a ``/content`` there, for this machine may have none."""
    content = folder / "content"
    content.mkdir(parents=True)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace("/content", str(content))
    nbformat.write(notebook, folder / path.name)
    return folder / path.name


def surroundings(folder: Path) -> dict[str, str]:
    """Return the environment variables of a kernel on Colab, whose clones come from the snapshot."""
    startup = folder / "ipython" / "profile_default" / "startup" / "colab.py"
    stub = folder / "stub" / "google" / "colab" / "__init__.py"
    for path, text in ((startup, STARTUP), (stub, "")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return os.environ | {
        "PYTHONPATH": str(folder / "stub"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter"),  # no kernel of the user's
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or each kernel warns of its own debugger
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{(folder / 'repository').as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": repository()["url"],
    }


def normal(line: str) -> str:
    """Return the name of the package that a line of ``pip freeze`` is about."""
    return re.split("[ =]", line)[0].lower().replace("_", "-")


def versions(python: Path | str) -> dict[str, str]:
    """Return what is installed, as pip sees it: a line for each package."""
    freeze = [python, "-m", "pip", "freeze", "--all", "--disable-pip-version-check"]
    lines = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines()
    return {normal(line): line for line in lines}


def moved(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return what is not as Colab has it, or not as it was."""
    pins = {normal(line): line for line in PINS.read_text(encoding="utf-8").splitlines() if "==" in line}
    return [
        f"{line} to {after.get(name)}"
        for name, line in (before | pins).items()
        if after.get(name, "").split("==")[1:] != line.split("==")[1:]
    ]


def main(names: list[str]) -> int:
    """Run the named notebooks, or all; return 0 if no cell failed and no package moved."""
    before = versions(sys.executable)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        snapshot(folder / "repository")
        paths = [Path(name).resolve() for name in names] or chapters()
        copies = [lay_out(path, folder / f"{number:02}") for number, path in enumerate(paths)]
        pythons = [worker(folder / name) for name in ("first", "second")]
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider -p no:warnings\n")
        run = [sys.executable, "-m", "pytest", "-q", "-rfs", "-c", folder / "pytest.ini", "--dist", "loadscope"]
        run += [word for python in pythons for word in ("--tx", f"popen//python={python}")]
        run += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "600", *copies]
        failed = subprocess.run(run, cwd=folder, env=surroundings(folder)).returncode
        changes = [change for python in pythons for change in moved(before, versions(python))]
        new = sorted(set().union(*(versions(python) for python in pythons)) - set(before))
    print(
        "The first cell added", ", ".join(new) or "nothing", "and moved", "; ".join(sorted(set(changes))) or "nothing"
    )
    return failed or bool(changes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
