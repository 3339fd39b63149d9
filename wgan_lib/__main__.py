"""The command line, `python -m wgan_lib`, with `--help` for each of its commands."""

import dataclasses
import functools
import io
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from json import dumps
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import tyro
from PIL import Image

from wgan_lib import classifiers, mnist, runs, training
from wgan_lib.engine import processes
from wgan_lib.engine.directory import hardware
from wgan_lib.engine.session import Diverged
from wgan_lib.experiments import bench, evaluation, fit_classifiers, keep_run
from wgan_lib.settings import PRESETS

Preset = tyro.extras.subcommand_type_from_defaults(
    PRESETS,
    prefix_names=False,
    sort_subcommands=False,
    descriptions={
        "gan": "the non-saturating GAN on multilayer perceptrons",
        "wgan-clip": "WGAN with weight clipping, on multilayer perceptrons",
        "wgan-gp": "WGAN with gradient penalty, on multilayer perceptrons",
        "gan-conv": "DCGAN",
        "wgan-clip-conv": "WGAN with weight clipping, convolutional",
        "wgan-gp-conv": "WGAN with gradient penalty, convolutional",
        "wgan-gp-tuned": "WGAN with gradient penalty, convolutional, settings searched for",
        "gan-tuned": "the non-saturating GAN, convolutional, settings searched for",
        "cwgan-gp": "wgan-gp-tuned, told which digit to draw",
        "digits-in-a-minute": "wgan-gp-tuned in haste: readable digits after a minute on two cores",
    },
)


def train(config: Annotated[Preset, tyro.conf.arg(name="")]) -> None:  # type: ignore[valid-type]
    """Train on all of MNIST, from one of the presets."""
    if config.out is None:
        config = dataclasses.replace(config, out=Path("out") / f"{config.name}-seed{config.seed}")
    with processes.joined():
        # The first of several processes speaks for all
        tell = (lambda words: None) if processes.rank() else print
        trainer = training.Trainer(config)
        if config.resume and trainer.steps_done == 0:
            tell(f"There is nothing to resume in {config.out}: starting at step 0.")
        tell(f"Training on {hardware(trainer.device)}, writing to {config.out}")
        if trainer.steps_done == config.steps:
            tell(
                f"This run has made its {config.steps} steps already; "
                "--steps with a larger number goes on."
            )
        trainer.run()
    if trainer.stopped_by is not None:
        # As a shell has it, so that a script does not take this run for whole
        sys.exit(128 + trainer.stopped_by)


def sample(
    run: tyro.conf.Positional[Path],
    n: int = 100,
    seed: int = 1,
    out: Path = Path("samples.png"),
    columns: int = 10,
    digit: int | None = None,
) -> None:
    """Draw images from the generator of a run, and write them as one grid.

    Parameters
    ----------
    run
        Directory of the run.
    n
        How many images.
    seed
        Seed of the noise; another than the run's, from whose stream its first weights were drawn.
    out
        The picture to write.
    columns
        Images to a row.
    digit
        Which digit to draw, if the generator is told labels; otherwise all.
    """
    if n < 1 or columns < 1:
        raise ValueError(f"n = {n}, columns = {columns}: both must be at least 1")
    if out.suffix not in Image.registered_extensions() or not out.parent.is_dir():
        raise ValueError(
            f"out = {out}: expected a picture such as samples.png, in a directory that exists"
        )
    images = runs.load(run).generate(n, seed, digit)
    Image.fromarray(mnist.grid(images, columns)).save(out)
    print(f"Wrote {n} images to {out}")


def evaluate(
    run: tyro.conf.Positional[Path],
    n: int = 5000,
    seeds: int = 3,
    along: bool = False,
    json: bool = False,
    data: Path | None = None,
) -> None:
    """Hold a run's generator against digits that it has never seen, by every metric.

    Parameters
    ----------
    run
        Directory of the run.
    n
        Images on each side, at most 5000, since two disjoint halves of the test set are compared;
        exact W1, and the search for the nearest training image, take the first 1000.
    seeds
        How many samples to draw, each from noise of its own, and each against another choice of
        real images.
    along
        Measure each snapshot of the run too, with one sample of half as many, and write quality.csv
        to its directory.
    json
        Print JSON in place of a table.
    data
        Directory of the four files of its dataset.
    """
    evaluation.check(n, seeds)
    loaded = runs.load(run)
    digits = evaluation.Digits.load(data, loaded.config.dataset)
    if along:
        evaluation.along(loaded, digits, n // 2)
    report = evaluation.evaluate(loaded, digits, n, seeds)
    print(dumps(report, indent=2) if json else evaluation.table(report))


def record(run: tyro.conf.Positional[Path], destination: tyro.conf.Positional[Path]) -> None:
    """Keep a finished run for readers: settings, curves, pictures, weights in half precision.

    Parameters
    ----------
    run
        Directory that training wrote.
    destination
        Where to keep it, for example runs/wgan-gp.
    """
    print(keep_run.record(run, destination).label())


def make_classifiers(
    dataset: Literal["mnist", "fashion-mnist"] = "mnist", data: Path | None = None
) -> None:
    """Train the two classifiers that metrics rest on, and store their weights: some minutes.

    Parameters
    ----------
    dataset
        What they are to know.
    data
        Directory of its four files.
    """
    source = {"dataset": dataset, "data": data}
    images, labels = mnist.scale(mnist.images("test", **source)), mnist.labels("test", **source)
    for name in classifiers.NAMES:
        network = fit_classifiers.fit(name, **source)
        accuracy = classifiers.accuracy(network, images, labels)
        fit_classifiers.save(name, network, dataset, test_accuracy=accuracy)
        print(f"{name}: {100 * accuracy:.2f} % of the test images right")


def main() -> None:
    """Run the command line; where input, a file or the disk is wrong, a line, and exit with 2."""
    commands = {
        "train": train,
        "sample": sample,
        "evaluate": evaluate,
        "record": record,
        "classifiers": make_classifiers,
        "bench": bench.main,
    }
    try:
        _parsed(commands)()
    except KeyboardInterrupt:
        _leave(
            "stopped at once; what a training made since its last checkpoint is not kept",
            128 + signal.SIGINT,
        )
    except (ValueError, OSError, Diverged) as error:
        _leave(error)
    except (MemoryError, RuntimeError) as error:
        if not _is_lack_of_memory(error):
            raise
        _leave(f"not enough memory ({error}); take a smaller batch, width or number of images")


def _parsed(commands: dict[str, Callable[..., None]]) -> Callable[[], None]:
    """Return the command that was asked for, with its options, or say in one line what is wrong."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return tyro.extras.subcommand_cli_from_dict(
                {name: _later(command) for name, command in commands.items()},
                prog="python -m wgan_lib",
            )
    except SystemExit as leaving:
        if leaving.code:
            _leave(_unboxed(said.getvalue()))
        raise


def _later(command: Callable[..., None]) -> Callable[..., Callable[[], None]]:
    """Return what takes the options of `command` and gives back the call, for later."""

    @functools.wraps(command)
    def with_options(*args: Any, **options: Any) -> Callable[[], None]:
        return functools.partial(command, *args, **options)

    with_options.__annotations__ = command.__annotations__ | {"return": Callable[[], None]}
    return with_options


def _unboxed(box: str) -> str:
    """Return in one line what tyro says in a box, without the help that it repeats."""
    lines = [line.strip(" │|") for line in box.splitlines() if line[:1] not in "╭╰+"]
    parts = " ".join("\n" if set(line) <= set("─-") else line for line in lines).split("\n")
    told = [
        part.strip().rstrip(".")
        for part in parts
        if not part.lstrip().startswith(("For full", "Argument help"))
    ]
    return f"{'; '.join(told).removeprefix('Error parsing config: ')}; --help says more"


def _is_lack_of_memory(error: Exception) -> bool:
    told = ("allocate memory", "not enough memory", "out of memory")
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or any(
        words in str(error) for words in told
    )


def _leave(what: object, code: int = 2) -> None:
    print("error:", " ".join(str(what).split()), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
