r"""What lies in the directory of a run, and how it is read and written: by one process at once."""

import csv
import errno
import io
import json
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from wgan_lib import mnist
from wgan_lib.engine import processes, storage
from wgan_lib.settings import Config, require

COLUMNS = (
    "step",
    "critic_loss",
    "generator_loss",
    "w_estimate",
    "js_estimate",
    "validation_estimate",
    "images_per_second",
)
GREYS = 16  # in a grid: enough for digits to look the same, and half the bytes of 256
# In a film, which moves and must stay small; of a longer run, so many frames
FILM_GREYS, FRAMES = (8, 20)
CHECKPOINT, LOCK = "checkpoint.safetensors", ".lock"
# Never there before a checkpoint is
RESULTS = ("generator.safetensors", "metrics.csv", "run.json", "samples.gif")
# What a file system without locks answers
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class Hold:
    """Keeps everybody else out of a directory, until it is released or this process ends.

    What keeps them out is the system's lock on the file `.lock`, which is empty and may stay: it
    means nothing by itself.

    Parameters
    ----------
    folder : Path
        The directory, which exists.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.left = folder, None
        self.lock = filelock.FileLock(folder / LOCK, timeout=0, thread_local=False)

    def __enter__(self) -> "Hold":
        """Hold the directory, if that is not so already.

        Raises
        ------
        ValueError
            If it is in use, or was used since it was released here.
        """
        if not self.lock.is_locked:
            self._take()
            if self.left is not None and self.left != _stamp(self.folder / CHECKPOINT):
                self.release()
                raise ValueError(
                    f"out = {str(self.folder)!r}: this run was continued elsewhere; "
                    "resume it from there"
                )
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others in, and remember how things were left."""
        self.left = _stamp(self.folder / CHECKPOINT)
        self.lock.release()

    def _take(self) -> None:
        try:
            self.lock.acquire()
        except filelock.Timeout:
            raise ValueError(
                f"out = {str(self.folder)!r}: another process, or another Trainer of this one, "
                "is training in this "
                "directory; wait until it has ended, or choose another"
            ) from None
        except NotImplementedError:  # how an older filelock answers for a file system without locks
            pass
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever a file is replaced, or None if there is none."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say of a file that cannot be written what to do about it, and what is safe."""
    try:
        yield
    except OSError as error:
        remedies = {
            errno.ENOSPC: "Make room on the disk",
            errno.EDQUOT: "Make room within your quota",
        }
        remedy = remedies.get(error.errno, "See that the directory is there and can be written to")
        intact = (out / CHECKPOINT).is_file()
        told = OSError(
            f"{error.filename or out} cannot be written: {error.strerror or error}. {remedy}; "
            + (
                "the last checkpoint is intact, and --resume goes on from it."
                if intact
                else "then begin again."
            )
        )
        told.errno = error.errno
        raise told from error


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """Say of a file that is intact, but holds something else than is looked for, that it does."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, RuntimeError) as error:
        raise ValueError(
            f"{path} is intact, but not what this version of wgan_lib expects there "
            f"({_words(error)}); "
            "use it with the run and the version that wrote it"
        ) from error


def _words(error: Exception) -> str:
    """Return what an error says in one line."""
    return f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())


def to_resume(out: Path, resume: bool) -> bool:
    """Return whether `out` holds a checkpoint that is to be resumed.

    Raises
    ------
    ValueError
        If to go on would overwrite a run.
    """
    checkpoint = (out / CHECKPOINT).exists()
    results = [name for name in RESULTS if (out / name).exists()]
    if resume:
        lost = (
            f"there is no {CHECKPOINT} to resume from, and to begin anew would overwrite "
            f"{', '.join(results)}; put the checkpoint back, or choose another"
        )
        require(checkpoint or not results, "out", str(out), lost)
        return checkpoint
    pictures = [*numbered(out / "samples", ".png"), *numbered(out / "snapshots", ".safetensors")]
    held = "this directory already holds a run; continue it with --resume, or choose another"
    require(not (checkpoint or results or pictures), "out", str(out), held)
    return False


def numbered(folder: Path, suffix: str) -> dict[int, Path]:
    """Return the files of `folder` that are called by a step, in order."""
    return {
        int(path.stem): path for path in sorted(folder.glob(f"*{suffix}")) if path.stem.isdecimal()
    }


def same_run(stored: dict[str, Any], config: Config, path: Path) -> None:
    """Raise ValueError unless the settings `stored` at `path` are those of `config`'s run."""
    stored = Config().to_json() | stored  # a run that is older than a setting has its default
    for name, value in config.identity().items():
        other = f"the run to resume has {stored[name]!r} ({path}); use that or another `out`"
        require(stored[name] == value, name, value, other)


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
        raise ValueError(
            f"{path} does not hold the settings of a run: it is truncated or altered ({error})"
        ) from error


def read_metrics(path: Path) -> list[dict[str, float]]:
    """Return the rows of a metrics.csv, or of another file of numbers with a column `step`.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    try:
        with open(path, newline="") as file:
            table = csv.DictReader(file, strict=True)
            rows = [{name: _number(name, text) for name, text in row.items()} for row in table]
        whole = "step" in (table.fieldnames or ())
    except (ValueError, TypeError, csv.Error) as error:
        raise ValueError(
            f"{path} is not a table of numbers: it is truncated or altered ({error})"
        ) from error
    if not whole:
        raise ValueError(f"{path} has no column `step`: it is truncated or altered")
    return rows


def _number(name: str, text: str) -> float:
    return int(text) if name == "step" else float(text)


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of such a file, which are empty where nothing was logged."""
    rows = read_metrics(path)
    names = rows[0] if rows else path.read_text().splitlines()[0].split(",")
    return {name: np.array([row[name] for row in rows]) for name in names}


def read_facts(path: Path) -> dict[str, Any]:
    """Return what a run.json says.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    try:
        facts = json.loads(path.read_text())
        missing = {"hardware", "torch", "date", "steps", "seconds"} - set(facts)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} cannot be read: it is truncated or altered ({error})") from error
    if missing:
        raise ValueError(f"{path} is altered: it does not say {', '.join(sorted(missing))}")
    return facts


def finished(out: Path, steps: int) -> bool:
    """Return whether run.json says that so many steps were made."""
    try:
        return read_facts(out / "run.json")["steps"] == steps
    except (OSError, ValueError):
        return False


def metrics_text(rows: list[dict[str, Any]]) -> str:
    """Return the content of metrics.csv."""
    return storage.csv_text(rows, COLUMNS)


def to_tensor(rows: list[dict[str, float]]) -> Tensor:
    """Return the rows of metrics as the checkpoint keeps them: (rows, columns), float64."""
    values = [[row[name] for name in COLUMNS] for row in rows]
    return torch.tensor(values, dtype=torch.float64).reshape(-1, len(COLUMNS))


def from_tensor(table: Tensor) -> list[dict[str, float]]:
    """Undo `to_tensor`."""
    rows = [dict(zip(COLUMNS, values, strict=True)) for values in table.tolist()]
    return [row | {"step": int(row["step"])} for row in rows]


def write_metrics(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write metrics.csv, and say so if what is there was no earlier state of it."""
    text = metrics_text(rows)
    if path.is_file() and not text.encode().startswith(path.read_bytes()):
        print(f"{path} was altered since it was written; it is written anew, from the checkpoint.")
    storage.write_atomically(path, text)


def png(grid: np.ndarray) -> bytes:
    """Return a uint8 picture in 16 greys, as the bytes of a file."""
    buffer = io.BytesIO()
    _in_greys(grid, GREYS).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def picture(path: Path) -> np.ndarray | None:
    """Return a picture's pixels, or None where there is none or it is broken."""
    try:
        return np.array(Image.open(path).convert("L"))
    except Exception:
        # Whatever is thrown at what should be a PNG: OSError, SyntaxError, zlib.error, struct.error
        return None


def gif(paths: Sequence[Path]) -> bytes | None:
    """Return a film of the pictures at `paths`: of twenty, evenly chosen, if there are more.

    A picture that is broken, or not as large as the last one, is left out; if none remains, there
    is no film.
    """
    chosen = np.linspace(0, len(paths) - 1, min(len(paths), FRAMES)).round().astype(int)
    whole = [grid for grid in (picture(paths[index]) for index in chosen) if grid is not None]
    frames = [_in_greys(grid, FILM_GREYS) for grid in whole if grid.shape == whole[-1].shape]
    if not frames:
        return None
    first, *rest = frames
    buffer = io.BytesIO()
    first.save(
        buffer, "gif", save_all=bool(rest), append_images=rest, duration=200, loop=0, optimize=True
    )
    return buffer.getvalue()


def _in_greys(grid: np.ndarray, greys: int) -> Image.Image:
    """Return a uint8 picture (height, width) in so many greys, black and white among them."""
    step = 255 / (greys - 1)
    picture = Image.fromarray(np.round(grid / step).astype(np.uint8), "P")
    picture.putpalette([round(step * index) for index in range(greys) for _ in "rgb"])
    return picture


def hardware(device: torch.device) -> str:
    """Return what a run runs on, in words: the GPU, or the processor and the number of threads.

    Before either stands the number of processes, if there are several.
    """
    count = f"{processes.size()} × " if processes.size() > 1 else ""
    return count + (torch.cuda.get_device_name(device) if device.type == "cuda" else _processor())


def circumstances(device: torch.device) -> dict[str, str]:
    """Return on what, with which torch and when something was made, as run.json keeps it."""
    today = time.strftime("%Y-%m-%d")
    return {"hardware": hardware(device), "torch": torch.__version__, "date": today}


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    threads = torch.get_num_threads()
    name = names[0] if names else platform.machine()
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}"


# Of a run under way: `trainer` is a `training.Trainer`. The checkpoint is written first, for all
# else can be made anew from it.


def open_run(trainer: Any) -> Hold | None:
    """Take possession of the trainer's `out`: start a run there, or continue the one it holds.

    Returns
    -------
    Hold or None
        What keeps others out. Only the first of several processes, which writes for all, has one.

    Raises
    ------
    ValueError
        If `out` holds another run or is in use, or its checkpoint is damaged or of another
        configuration.
    """
    config, hold = trainer.config, None
    if processes.rank() == 0:
        hold = Hold(config.out)
        with writing(config.out):
            config.out.mkdir(parents=True, exist_ok=True)
            hold.__enter__()
        try:
            _begin_or_resume(trainer, config.out)
        except BaseException:
            hold.release()
            raise
    processes.wait()
    if processes.rank() and config.resume and (config.out / CHECKPOINT).exists():
        _restore(trainer, config.out / CHECKPOINT)
    return hold


def _begin_or_resume(trainer: Any, out: Path) -> None:
    config, settings, stored = trainer.config, out / "config.json", None
    resuming = to_resume(out, config.resume)
    if resuming:
        if settings.exists():
            stored = read_settings(settings)
            same_run(stored, config, settings)
        _restore(trainer, out / CHECKPOINT)
        made = trainer.steps_done
        enough = f"the run in {out} has made {made} already; ask for at least as many"
        require(made <= config.steps, "steps", config.steps, enough)
    with writing(out):
        for folder in ("samples", "snapshots"):
            (out / folder).mkdir(exist_ok=True)
        if stored is not None and stored["steps"] != config.steps:
            _forget_the_last(out, stored)
        storage.write_atomically(settings, json.dumps(config.to_json(), indent=2) + "\n")
        if resuming:
            _complete(trainer, out)


def save(trainer: Any, checkpoint: bool, grid: bool, summary: bool) -> None:
    """Write to the trainer's `out` what of the three is asked for."""
    out = trainer.config.out
    with writing(out):
        if checkpoint:
            _save_checkpoint(trainer, out / CHECKPOINT)
        if grid:
            _save_grid(trainer, out)
        if checkpoint:
            _save_results(trainer, out)
        if summary:
            _save_summary(trainer, out)


def _complete(trainer: Any, out: Path) -> None:
    """Make again what was lost of all that belongs to the checkpoint this run was resumed from."""
    if grid_is_due(trainer) and picture(out / "samples" / f"{trainer.steps_done:08d}.png") is None:
        _save_grid(trainer, out)
    _save_results(trainer, out)
    if trainer.steps_done == trainer.config.steps and not finished(out, trainer.steps_done):
        _save_summary(trainer, out)


def grid_is_due(trainer: Any) -> bool:
    """Return whether a picture belongs to the step that was made last."""
    return (
        trainer.steps_done % trainer.config.sample_every == 0
        or trainer.steps_done == trainer.config.steps
    )


def _save_grid(trainer: Any, out: Path) -> None:
    """Write a picture of the fixed latents, and the generator that made it, in half precision."""
    name, weights = f"{trainer.steps_done:08d}", storage.halved(trainer.averaged.state_dict())
    _save_generator(trainer, out / "snapshots" / f"{name}.safetensors", weights)
    storage.write_atomically(out / "samples" / f"{name}.png", png(mnist.grid(trainer.sample())))


def _save_results(trainer: Any, out: Path) -> None:
    _save_generator(trainer, out / "generator.safetensors", trainer.averaged.state_dict())
    write_metrics(out / "metrics.csv", trainer.rows)


def _save_generator(trainer: Any, path: Path, weights: dict[str, Tensor]) -> None:
    """Write weights with the run that they belong to, so that no other takes them for its own."""
    storage.save(path, weights, step=trainer.steps_done, config=trainer.config.identity())


def _save_summary(trainer: Any, out: Path) -> None:
    """Write samples.gif, a hundred latents from the first grid to this step's, and run.json."""
    grids = numbered(out / "samples", ".png")
    film = gif([path for step, path in grids.items() if step <= trainer.steps_done])
    if film is not None:
        storage.write_atomically(out / "samples.gif", film)
    facts = circumstances(trainer.device) | {
        "steps": trainer.steps_done,
        "seconds": round(trainer.seconds, 1),
    }
    storage.write_atomically(out / "run.json", json.dumps(facts, indent=2) + "\n")


def state(trainer: Any) -> dict[str, Any]:
    """Return the numbers that the next step depends on, but for the source of randomness."""
    players = {
        "generator": trainer.generator.state_dict(),
        "critic": trainer.critic.state_dict(),
        "generator_optimizer": trainer.generator_optimizer.state_dict()["state"],
        "critic_optimizer": trainer.critic_optimizer.state_dict()["state"],
    }
    return players | ({"averaged": trainer.averaged.state_dict()} if trainer.config.average else {})


def _save_checkpoint(trainer: Any, path: Path) -> None:
    """Write all that the next step depends on, the state of `rng` included."""
    tensors = state(trainer) | {
        "rng": trainer.rng.get_state(),
        "generator_loss": trainer.generator_loss,
        "rows": to_tensor(trainer.rows),
    }
    facts = {
        "step": trainer.steps_done,
        "seconds": trainer.seconds,
        "device": trainer.device.type,
        "config": trainer.config.identity(),
        "made_on": _made_on(trainer),
    }
    storage.save(path, tensors, **facts)


def _made_on(trainer: Any) -> str:
    return f"{hardware(trainer.device)}, torch {torch.__version__}"


def _forget_the_last(out: Path, stored: dict[str, Any]) -> None:
    """Delete what was made only because its step was the last, now that the run goes on."""
    if stored["steps"] % stored["sample_every"]:
        for path in out.glob(f"s*s/{stored['steps']:08d}.*"):
            path.unlink()


def _restore(trainer: Any, path: Path) -> None:
    """Undo `_save_checkpoint`."""
    tensors, facts = storage.load(path)
    config = trainer.config
    with understood(path):
        same_run(facts["config"], config, path)
        device, before = trainer.device.type, facts["device"]
        ends = f"the run to resume was made on {before}, whose random numbers end there"
        require(device == before, "device", device, ends)
        trainer.steps_done, trainer.seconds = facts["step"], facts["seconds"]
        trainer.generator.load_state_dict(tensors["generator"])
        trainer.critic.load_state_dict(tensors["critic"])
        if config.average:
            trainer.averaged.load_state_dict(tensors["averaged"])
        made = trainer.steps_done
        moments = {"generator_optimizer": made // config.critic_steps, "critic_optimizer": made}
        for name, steps in moments.items():
            _restore_optimizer(getattr(trainer, name), tensors, name, steps)
        trainer.rng.set_state(tensors["rng"])
        trainer.generator_loss = tensors["generator_loss"]
        trainer.rows = from_tensor(tensors["rows"])
        _note_another_machine(facts["made_on"], _made_on(trainer))


def _note_another_machine(before: str, here: str) -> None:
    if before != here and not processes.rank():
        print(
            f"Note: this run was made on {before}, and goes on on {here}: "
            "its last digits will not be those of an uninterrupted run."
        )


def _restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Any], name: str, steps: int
) -> None:
    """Give `optimizer` the moments that `tensors` hold under `name`; none before its first step."""
    numbered = {int(index): moments for index, moments in tensors.get(name, {}).items()}
    parameters = optimizer.param_groups[0]["params"]
    names = (
        {"exp_avg", "exp_avg_sq", "step"}
        if isinstance(optimizer, torch.optim.Adam)
        else {"square_avg", "step"}
    )
    for index, parameter in enumerate(parameters if steps else ()):
        for moment in names:
            if numbered[index][moment].shape not in (parameter.shape, ()):
                raise TypeError(f"{name}/{index}/{moment} has another shape than its weight")
    optimizer.load_state_dict(optimizer.state_dict() | {"state": numbered})
