r"""From `Trainer.run` to its end: loop, progress bar, rows of metrics, Ctrl-C, divergence.

`trainer` is a `training.Trainer` throughout. The name is not imported, since training stands above
the engine.
"""

import importlib.util
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from wgan_lib.engine import directory, graphs, processes, storage
from wgan_lib.engine.directory import COLUMNS
from wgan_lib.settings import Config, require

Listener = Callable[[dict[str, float]], None]
# Ctrl-C, kill, and the closing of the terminal, which Windows does not have
ENDING_SIGNALS = [
    signal.SIGINT,
    signal.SIGTERM,
    *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []),
]


class Diverged(RuntimeError):
    """A loss or a weight became NaN or infinite."""


def check_surroundings(config: Config, device: torch.device) -> None:
    """Raise ValueError if a setting asks for what processes, device or machine do not have."""
    count = processes.size()
    require(
        config.batch_size % count == 0 and config.batch_size > count,
        "batch_size",
        config.batch_size,
        f"{count} processes share each batch equally, and an example each is too few",
    )
    require(
        config.engine != "graph" or (device.type == "cuda" and count == 1),
        "engine",
        config.engine,
        "a graph is captured on a GPU, by one process; use auto or eager",
    )
    require(
        not config.tensorboard or importlib.util.find_spec("tensorboard") is not None,
        "tensorboard",
        True,
        "the package is not installed; `pip install tensorboard`, or leave this out",
    )


def run(trainer: Any, on_log: Listener | None = None) -> None:
    """Train until the end or an interrupt, and say how to go on after the latter."""
    out = trainer.config.out
    with interrupts() as interrupted, trainer.hold or nullcontext():
        listeners = [listen for listen in (on_log, _tensorboard(trainer)) if listen is not None]
        _loop(trainer, listeners, interrupted)
    if trainer.steps_done < trainer.config.steps:
        # Which another process had
        trainer.stopped_by = interrupted[0] if interrupted else signal.SIGINT
        if out is not None and not processes.rank():
            with suppress(OSError):  # the terminal may be what is gone
                print(
                    f"Stopped after step {trainer.steps_done}. "
                    f"The same command with --out {out} --resume goes on."
                )


def _loop(trainer: Any, listeners: list[Listener], interrupted: list[int]) -> None:
    """Train until the end or an interrupt, of which several processes hear at the next row only."""
    config = trainer.config
    stop = bool(interrupted)
    logged = (time.perf_counter(), trainer.steps_done)
    started = time.perf_counter() - trainer.seconds
    quiet = True if processes.rank() else None  # None: unless there is a terminal
    bar = {"total": config.steps, "initial": trainer.steps_done, "unit": "step", "disable": quiet}
    with tqdm(**bar) as progress:
        while trainer.steps_done < config.steps and not stop:
            seen = graphs.advance(trainer)
            progress.update(trainer.steps_done - progress.n)
            log = trainer.steps_done % config.log_every == 0
            # On a GPU, looking at the loss at each step would stall it.
            if log or trainer.device.type == "cpu":
                _check_losses(trainer, seen.loss)
            if log:
                row = _add_row(trainer, seen, *logged)
                logged = (time.perf_counter(), trainer.steps_done)
                progress.set_postfix_str(_in_the_bar(row, seen.estimate))
                for listen in listeners:
                    listen(row)
            if log or processes.size() == 1:
                stop = processes.anywhere(bool(interrupted), trainer.device)
            trainer.seconds = time.perf_counter() - started
            _save_if_due(trainer, stopping=stop or trainer.steps_done == config.steps)


def _add_row(trainer: Any, seen: Any, then: float, steps_then: int) -> dict[str, float]:
    """Add a row to the metrics; the speed is since the time `then`, after `steps_then` steps."""
    wasserstein = trainer.config.objective == "wasserstein"
    values = (
        trainer.steps_done,
        float(seen.loss),
        float(trainer.generator_loss),
        float(seen.estimate) if wasserstein else math.nan,
        math.nan if wasserstein else float(seen.estimate),
        float(trainer.validation_estimate),
        round(
            (trainer.steps_done - steps_then)
            * trainer.config.batch_size
            / (time.perf_counter() - then),
            1,
        ),
    )
    trainer.rows.append(dict(zip(COLUMNS, values, strict=True)))
    return trainer.rows[-1]


def _in_the_bar(row: dict[str, float], estimate: Tensor) -> str:
    return f"{row['images_per_second']:.0f} images/s, estimate {float(estimate):.3f}"


def _save_if_due(trainer: Any, stopping: bool) -> None:
    """Write what is due at this step, after a look at the weights; one process writes for all."""
    if trainer.config.out is None:
        return
    save = trainer.steps_done % trainer.config.checkpoint_every == 0 or stopping
    draw = directory.grid_is_due(trainer)
    if save or draw:
        _check_weights(trainer)
    if not processes.rank():
        directory.save(trainer, save, draw, stopping)


def _check_losses(trainer: Any, critic_loss: Tensor) -> None:
    losses = {"the critic's loss": critic_loss}
    if trainer.steps_done >= trainer.config.critic_steps:  # the generator has made no step before
        losses["the generator's loss"] = trainer.generator_loss
    for name, loss in losses.items():
        if not math.isfinite(float(loss)):
            raise _diverged(trainer, f"{name} is {float(loss)}")


def _check_weights(trainer: Any) -> None:
    """Keep a step that broke a weight, though its losses were finite, out of what is written."""
    for name, tensor in storage.flatten(directory.state(trainer)).items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise _diverged(trainer, f"{name} is NaN or infinite")


def _diverged(trainer: Any, what: str) -> Diverged:
    out = trainer.config.out
    kept = (
        f" The last checkpoint in {out} is intact."
        if out and (out / directory.CHECKPOINT).exists()
        else ""
    )
    return Diverged(
        f"{what} at step {trainer.steps_done}. "
        f"Likely causes: a learning rate that is too high (here {trainer.config.learning_rate:g}), "
        "a critic with neither clipping nor a penalty, or pixels that are not in "
        f"[-1, 1].{kept}"
    )


def _tensorboard(trainer: Any) -> Listener | None:
    """Return what writes a row of metrics to TensorBoard, if that is asked for."""
    if not trainer.config.tensorboard or trainer.config.out is None or processes.rank():
        return None
    # Imported here: it is slow, and not on every machine
    from torch.utils.tensorboard import SummaryWriter

    # A run that is resumed repeats the steps since its checkpoint: what was shown of them goes.
    writer = SummaryWriter(
        str(trainer.config.out / "tensorboard"), purge_step=trainer.steps_done + 1
    )

    def write(row: dict[str, float]) -> None:
        for name in COLUMNS[1:]:
            if not math.isnan(row[name]):
                writer.add_scalar(name, row[name], row["step"])
        writer.flush()

    return write


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Collect signals that ask to end, in place of acting on them, so that no step is cut in two.

    A second one acts at once, and one that is ignored, as by `nohup` or in the background, stays
    so. Off the main thread, where Python allows no handlers, signals act as always.
    """
    received: list[int] = []
    previous: dict[int, Any] = {}

    def note(number: int, frame: Any) -> None:
        received.append(number)
        for each, handler in previous.items():
            signal.signal(each, handler)

    try:
        for number in ENDING_SIGNALS:
            # None: not Python's to give back
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                previous[number] = signal.signal(number, note)
    except ValueError:  # not the main thread
        pass
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
