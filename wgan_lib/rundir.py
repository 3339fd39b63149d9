r"""What lies in the directory of a run, and how it is read and written; one process at a time may work there."""

import csv
import io
import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from wgan_lib.settings import Config

COLUMNS = ("step", "critic_loss", "generator_loss", "w_estimate", "js_estimate", "validation_estimate",
           "images_per_second")  # fmt: skip
GREYS = 16  # in a grid: enough for digits to look the same, and half the bytes of 256
FILM_GREYS, FRAMES = 8, 20  # in a film, which moves and must stay small; of a longer run, so many frames


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep other processes out of `folder`, which exists; the system lets go of it however this process ends.

    Raises
    ------
    ValueError
        If another process is at work there.
    """
    handle = _lock(folder)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(folder: Path) -> int | None:
    """Return a handle that holds the lock on `folder`, or None where the system has no locks on directories."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise ValueError(f"out = {str(folder)!r}: another process is training in this directory; "
                         "wait until it has ended, or choose another") from None  # fmt: skip
    except OSError:  # a file system without locks
        os.close(handle)
        return None
    return handle


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings in a config.json, those that are younger than the file at their defaults.

    Raises
    ------
    ValueError
        If the file does not hold the settings of a run.
    """
    try:
        settings = json.loads(path.read_text())
        return Config.from_json(settings, device="auto").to_json() | settings
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} does not hold the settings of a run: it is truncated or altered ({error})") from error


def read_metrics(path: Path) -> list[dict[str, float]]:
    """Return the rows of a metrics.csv, or of another file with a column `step` and columns of numbers."""
    with open(path, newline="") as file:
        return [{name: int(value) if name == "step" else float(value) for name, value in row.items()}
                for row in csv.DictReader(file)]  # fmt: skip


def metrics_text(rows: list[dict[str, Any]]) -> str:
    """Return the content of metrics.csv."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def png(grid: np.ndarray) -> bytes:
    """Return a uint8 picture in 16 greys, as the bytes of a file."""
    buffer = io.BytesIO()
    _in_greys(grid, GREYS).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def gif(paths: Sequence[Path]) -> bytes:
    """Return a film of the pictures at `paths`, or of twenty of them, evenly chosen, with the first and the last."""
    chosen = np.linspace(0, len(paths) - 1, min(len(paths), FRAMES)).round().astype(int)
    grids = (np.array(Image.open(paths[index]).convert("L")) for index in chosen)
    first, *rest = (_in_greys(grid, FILM_GREYS) for grid in grids)
    buffer = io.BytesIO()
    first.save(buffer, "gif", save_all=bool(rest), append_images=rest, duration=200, loop=0, optimize=True)
    return buffer.getvalue()


def _in_greys(grid: np.ndarray, greys: int) -> Image.Image:
    """Return a uint8 picture (height, width) with the nearest of so many greys, black and white among them."""
    step = 255 / (greys - 1)
    picture = Image.fromarray(np.round(grid / step).astype(np.uint8), "P")
    picture.putpalette([round(step * index) for index in range(greys) for _ in "rgb"])
    return picture


def hardware(device: torch.device) -> str:
    """Return what the run ran on, in words: the GPU's name, or the processor's and the number of threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    threads = torch.get_num_threads()
    return f"{names[0] if names else platform.machine()}, {threads} thread{'s' if threads > 1 else ''}"
