"""Score an entry to the challenge: ``python tools/challenge.py ENTRY.py``, on a toy that the entry has never seen.

An entry is a file with one function, ``train(draw, latent_dim)``. It may call ``draw()`` for 256 real points (256, 2)
as often as its budget of critic steps allows, and returns a generator: a module that maps normal noise (n, latent_dim)
to points (n, 2), of at most 50,000 parameters. The lowest exact W to fresh real points wins.

It runs in a process of its own, with limits of time and memory. They stop accidents, not a villain: who does not know
an entry's author reads it first. The process is given the real points that its budget allows and no seed, so the points
that judge it are nowhere to be found.
"""

import argparse
import importlib.util
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from wgan_lib import toy, transport

BATCH = 256  # real points in one critic step
LATENT = 2
JUDGED = 1000  # points on each side of the exact W
ROUNDS = 5
MOST_PARAMETERS = 50_000  # fewer than the coordinates that are drawn, so that none can be kept by heart
REFUSED = 3  # the exit status of an entry that broke a rule


class Score(NamedTuple):
    """What an entry reached: lower is better, and `floor` is what other real points reach."""

    w: float
    error: float  # the standard error of w over the rounds
    floor: float


def hidden_toy(seed: int) -> Callable[[int, torch.Generator], torch.Tensor]:
    """Return a sampler of a distribution that `seed` makes up: five to nine clusters, unequal, and an arc."""
    rng = toy.rng(seed)
    clusters = int(torch.randint(5, 10, (), generator=rng))
    centres = 4 * torch.rand(clusters + 1, 2, generator=rng) - 2
    spread = 0.03 + 0.12 * torch.rand(clusters, 1, generator=rng)
    share = 0.5 + torch.rand(clusters + 1, generator=rng)  # the last is the arc's

    def draw(n: int, rng: torch.Generator) -> torch.Tensor:
        which = torch.multinomial(share, n, replacement=True, generator=rng)
        noise = torch.randn(n, 2, generator=rng)
        angle = math.pi * torch.rand(n, generator=rng)
        arc = torch.stack([angle.cos(), angle.sin()], dim=1) + 0.05 * noise
        cluster = spread[which.clamp(max=clusters - 1)] * noise
        return centres[which] + torch.where((which == clusters)[:, None], arc, cluster)

    return draw


def score(entry: Path, *, seed: int, steps: int, seconds: int, gigabytes: float) -> Score:
    """Run an entry and hold what its generator draws against fresh real points.

    Raises
    ------
    SystemExit
        If the entry breaks a rule, fails, or takes too much time or memory: one line says what.
    """
    sampler, source = hidden_toy(seed), toy.rng(seed + 1)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "real.npy"), sampler(BATCH * steps, source).numpy())
        _run(entry.resolve(), Path(folder), seconds, gigabytes)
        fake = torch.from_numpy(np.load(Path(folder, "fake.npy"), allow_pickle=False))
    ws = [transport.emd(sampler(JUDGED, source), part).cost for part in fake.split(JUDGED)]
    floors = [transport.emd(sampler(JUDGED, source), sampler(JUDGED, source)).cost for _ in range(ROUNDS)]
    return Score(float(np.mean(ws)), float(np.std(ws, ddof=1) / ROUNDS**0.5), float(np.mean(floors)))


def _run(entry: Path, folder: Path, seconds: int, gigabytes: float) -> None:
    """Let the entry train in its own process, and leave its points in the folder."""
    command = [sys.executable, __file__, str(entry), "--inside", str(folder), "--gigabytes", str(gigabytes)]
    env = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    try:
        done = subprocess.run(command, cwd=folder, env=env, timeout=seconds, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{entry.name}: took more than {seconds} seconds") from None
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        raise SystemExit(f"{entry.name}: {why}")


def inside(entry: Path, folder: Path, gigabytes: float) -> None:
    """Train and draw, as the process that `_run` started."""
    _limit_memory(gigabytes)
    batches = iter(torch.from_numpy(np.load(folder / "real.npy")).split(BATCH))

    def draw() -> torch.Tensor:
        batch = next(batches, None)
        _rule(batch is not None, "the budget of critic steps is spent: draw() was called once too often")
        return batch.clone()

    torch.manual_seed(0)
    generator = _load(entry)(draw, LATENT)
    _rule(isinstance(generator, torch.nn.Module), f"train returned {type(generator).__name__}: expected a module")
    size = sum(tensor.numel() for tensor in generator.state_dict().values())
    _rule(size <= MOST_PARAMETERS, f"the generator has {size:,} parameters: at most {MOST_PARAMETERS:,} are allowed")
    latent = torch.randn(ROUNDS * JUDGED, LATENT, generator=toy.rng(0))
    with torch.no_grad():
        points = generator.eval()(latent)
    _rule(points.shape == (len(latent), 2), f"the generator gives shape {tuple(points.shape)}: expected (n, 2)")
    _rule(bool(torch.isfinite(points).all()), "the generator gives a NaN or an infinite number")
    np.save(folder / "fake.npy", points.float().numpy())


def _load(entry: Path) -> Callable:
    """Return the entry's `train`."""
    spec = importlib.util.spec_from_file_location("entry", entry)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    _rule(callable(getattr(module, "train", None)), "expected a function train(draw, latent_dim)")
    return module.train


def _limit_memory(gigabytes: float) -> None:
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return
    most = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _rule(kept: bool, otherwise: str) -> None:
    if not kept:
        print(otherwise, file=sys.stderr)
        raise SystemExit(REFUSED)


def main() -> None:
    """Read the command line, score, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("entry", type=Path, help="a file with a function train(draw, latent_dim)")
    parser.add_argument(
        "--seed", type=int, default=2017, help="makes up the toy; a class is judged on one it was not told"
    )
    parser.add_argument("--steps", type=int, default=2000, help="how often draw() may be called")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--gigabytes", type=float, default=6, help="of address space, of which torch alone takes some")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not asked.entry.is_file():
        raise SystemExit(f"{asked.entry}: there is no such file")
    if asked.inside:
        inside(asked.entry, asked.inside, asked.gigabytes)
    else:
        limits = {"steps": asked.steps, "seconds": asked.seconds, "gigabytes": asked.gigabytes}
        w, error, floor = score(asked.entry, seed=asked.seed, **limits)
        print(f"{asked.entry.name}: exact W {w:.4f} ± {error:.4f}; real points reach {floor:.4f}")


if __name__ == "__main__":
    main()
