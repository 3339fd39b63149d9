r"""The command ``bench``: how fast a step is, or how soon the pictures are good."""

import tempfile
from pathlib import Path

import torch

from wgan_lib import training
from wgan_lib.engine.directory import hardware
from wgan_lib.experiments import race, speed
from wgan_lib.settings import resolve_device

# A run that is long enough for any bench, and that stops for nothing
LONG = dict.fromkeys(("steps", "log_every", "sample_every", "checkpoint_every"), 10**9)


def main(
    to_quality: bool = False,
    rounds: int = 7,
    cycles: int = 5,
    device: str = "auto",
    batch: int = 64,
    large: int = 8192,
    width: int | None = None,
) -> None:
    """Print what a step costs and how fast it is, beside the usual loop and its bare products.

    Parameters
    ----------
    to_quality
        Train the usual loop and ours in place of that, by turns, until the pictures are good: some
        ten minutes.
    rounds
        How often the loops take turns; the median is printed.
    cycles
        Cycles in a turn, each of five critic steps and a generator step; at least 5.
    device
        cpu, cuda, or auto.
    batch
        Real images in a critic step.
    large
        The same, in a second table for a GPU, which a small batch leaves idle.
    width
        Feature maps of the convolutional networks; 16 on a processor and 64 on a GPU if left out.
    """
    if rounds < 1 or cycles < 5 or batch < 2:
        raise ValueError(
            f"rounds = {rounds}, cycles = {cycles}, batch = {batch}: at least 1, 5 and 2"
        )
    where = resolve_device(device)
    width = (64 if where.type == "cuda" else 16) if width is None else width
    clock = "processor" if speed.on_one_thread(where) else "wall"
    print(f"WGAN-GP on {hardware(where)}, torch {torch.__version__}; times by the {clock} clock")
    with tempfile.TemporaryDirectory() as root:
        speed.unpack_for_torchvision(Path(root))
        if to_quality:
            race.main(where, root)
            return
        for size in (batch, large) if where.type == "cuda" else (batch,):
            for name in ("wgan-gp", "wgan-gp-conv"):
                narrow = {"width": width} if name == "wgan-gp-conv" else {}
                config = training.preset(name, device=device, batch_size=size, **LONG, **narrow)
                speed.table(config, where, rounds, cycles, root)
