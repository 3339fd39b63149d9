r"""How a finished run is kept for readers; ``python -m wgan_lib record`` does it."""

import shutil
from pathlib import Path

from wgan_lib import runs
from wgan_lib.engine import directory, storage
from wgan_lib.settings import require

COPIED_FILES = ("config.json", "samples.gif", "run.json")


def record(source: Path, destination: Path) -> runs.Run:
    """Copy what readers need of a finished run: weights in half precision, metrics to six digits.

    Raises
    ------
    ValueError
        If the run is not finished, or something is at `destination` already. Nothing is written
        then.
    """
    run = runs.load(source)
    grid = run.path / "samples" / f"{run.config.steps:08d}.png"
    if not (grid.is_file() and directory.finished(run.path, run.config.steps)):
        missing = f"it has not made its {run.config.steps} steps; go on with --resume"
        raise ValueError(f"{source} is not finished: {missing}")
    free = not destination.exists() or (destination.is_dir() and not any(destination.iterdir()))
    taken = "something is here already, and would be overwritten; delete it, or choose another"
    require(free, "destination", str(destination), taken)
    draft = destination.with_name(f".{destination.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)  # what a kill may have left
    try:
        draft.mkdir(parents=True)
        _copy(run, grid, draft)
        draft.replace(destination)  # all of it, or nothing
    except OSError as error:
        raise OSError(
            f"{destination} cannot be written: {error.strerror or error}; nothing was kept there"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return runs.Run(destination)


def _copy(run: runs.Run, grid: Path, folder: Path) -> None:
    """Write what is kept of a run to a folder that is empty."""
    source = run.path
    run.generator()  # which refuses weights that are another run's
    tensors, facts = storage.load(source / "generator.safetensors")
    kept = {name: (source / name).read_bytes() for name in COPIED_FILES} | {
        "samples.png": grid.read_bytes()
    }
    rows = directory.read_metrics(source / "metrics.csv")
    rounded = [
        {name: value if name == "step" else f"{value:.6g}" for name, value in row.items()}
        for row in rows
    ]
    kept["metrics.csv"] = directory.metrics_text(rounded).encode()
    if (source / "quality.csv").is_file():
        kept["quality.csv"] = (source / "quality.csv").read_bytes()
    for name, content in kept.items():
        storage.write_atomically(folder / name, content)
    storage.save(folder / "generator.safetensors", storage.halved(tensors), **facts)
