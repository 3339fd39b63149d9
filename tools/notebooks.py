"""Run the book's notebooks in place and store what they show: outputs and widgets.

``python tools/notebooks.py [--first-cells] [NOTEBOOK ...]``; without a name, every chapter in ``_toc.yml``.

What is written depends on the sources alone, so running it again changes nothing that matters: no times,
no paths, no random identifiers. The first code cell, which installs the library on Colab and does nothing
elsewhere, comes from ``_config.yml``: who changes that file in a fork rewrites it with ``--first-cells``, which runs
nothing.
"""

import hashlib
import json
import os
import re
import sys
from pathlib import Path

import nbformat
import yaml
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 600  # a cell that takes longer hangs
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
COLAB = """\
import sys

if "google.colab" in sys.modules:  # elsewhere everything is already installed
    from pathlib import Path

    %cd -q /content
    if not Path("{name}").exists():
        !git clone -q --depth 1 -b {branch} {url} {name}
    if not Path("{name}").exists():
        raise RuntimeError(
            "{url}, branch {branch}, "
            "could not be fetched. If the address opens in your browser, "
            "run this cell again."
        )
    %pip install -q ./{name}
    %cd -q {name}
    print("This chapter computes on the CPU, whether or not there is a GPU.")"""


def chapters() -> list[Path]:
    """Return the notebooks of the table of contents that have been written."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    return [path for file in files if (path := ROOT / f"{file}.ipynb").exists()]


def repository() -> dict[str, str]:
    """Return the address and the branch of the repository."""
    found = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    return {"url": found["url"].rstrip("/").removesuffix(".git"), "branch": found["branch"]}


def colab_source() -> str:
    """Return the first code cell of every notebook."""
    place = repository()
    return COLAB.format(name=place["url"].rsplit("/", 1)[1], **place)


def set_colab_cell(notebook: nbformat.NotebookNode) -> None:
    """Write the Colab cell, hidden in the page and folded elsewhere, before all other code."""
    cells = notebook.cells
    first = next((i for i, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    if first < len(cells) and "google.colab" in cells[first].source:
        del cells[first]
    cell = nbformat.v4.new_code_cell(colab_source(), execution_count=1)
    cell.metadata = nbformat.from_dict(
        {"tags": ["remove-cell"], "jupyter": {"source_hidden": True}, "cellView": "form"}
    )
    cells.insert(first, cell)


def fold(notebook: nbformat.NotebookNode) -> None:
    """Make a form on Colab of each cell whose code is folded on the page."""
    for cell in notebook.cells:
        if "hide-input" in cell.metadata.get("tags", []):
            cell.metadata["cellView"] = "form"


def minutes(notebook: nbformat.NotebookNode) -> int:
    """Return how long a chapter takes to read and solve, to ten minutes.

    A minute for 200 words or 15 lines of open code, and five for an exercise.
    """
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    words = len(re.sub(r"```.*?```|\$\$.*?\$\$", "", "\n".join(prose), flags=re.S).split())
    closed = {"hide-input", "remove-cell", "remove-input"}
    code = [
        cell for cell in notebook.cells if cell.cell_type == "code" and not closed & set(cell.metadata.get("tags", []))
    ]
    lines = sum(1 for cell in code for line in cell.source.splitlines() if line.strip())
    exercises = sum("check(" in cell.source for cell in code)
    return round((words / 200 + lines / 15 + 5 * exercises) / 10) * 10


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell as nbval will: in the notebook's own folder, on one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        store_widget_state=True,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()


def settle(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Replace what differs from run to run: metadata of the machine, and the ids of cells and widgets."""
    widgets = notebook.metadata.get("widgets")
    notebook.metadata = nbformat.from_dict(METADATA | ({"widgets": widgets} if widgets else {}))
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = f"{digest}-{seen[digest]}"
        cell.metadata.pop("execution", None)
    text = json.dumps(notebook)
    models = (widgets or {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    for number, model in enumerate(models):
        text = text.replace(model, f"{number:032x}")
    return nbformat.reads(text, as_version=4)


def main(words: list[str]) -> None:
    """Run the named notebooks, or all; with ``--first-cells`` rewrite their first cells alone."""
    names = [word for word in words if word != "--first-cells"]
    for path in [Path(name).resolve() for name in names] or chapters():
        print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path, flush=True)
        notebook = nbformat.read(path, as_version=4)
        set_colab_cell(notebook)
        if "--first-cells" not in words:
            fold(notebook)
            execute(notebook, path.parent)
        nbformat.write(settle(notebook), path)


if __name__ == "__main__":
    main(sys.argv[1:])
