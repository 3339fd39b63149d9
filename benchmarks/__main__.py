"""Train the MLP WGAN-GP with the usual loop and with `wgan_lib`, in turns, and print both: `make bench`."""

import gzip
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import tyro
from torch.profiler import ProfilerActivity, profile

from benchmarks.plain_loop import PlainLoop
from wgan_lib import mnist, training


def main(rounds: int = 9, steps: int = 50, device: str = "auto") -> None:
    """Measure.

    Parameters
    ----------
    rounds
        How often the loops take turns; the median is reported.
    steps
        Critic steps in a turn; a multiple of 5, so that each turn has its share of generator steps.
    device
        cpu, cuda, or auto.
    """
    if rounds < 1 or steps < 1:
        raise SystemExit(f"rounds = {rounds}, steps = {steps}: both must be at least 1")
    config = training.preset("wgan-gp", device=device)
    where = training.resolve_device(device)
    with tempfile.TemporaryDirectory() as root:
        unpack_for_torchvision(Path(root))
        ours = training.Trainer(config)
        plain = PlainLoop(config, training.build(config)[0], root, where)
        loops = {"the usual loop": plain.step, "wgan_lib": ours.step}
        speeds = take_turns(loops, rounds, steps, where)
        work = {name: flops_per_step(step) for name, step in loops.items()}
    rate = matrix_product_rate(config.batch_size, where)
    print(f"WGAN-GP on multilayer perceptrons, batch {config.batch_size}, {config.critic_steps} critic steps to a "
          f"generator step; {training.hardware(where)}; torch {torch.__version__}")  # fmt: skip
    print(f"matrix products of 64×784 by 784×512 run at {rate / 1e9:.0f} GFLOP/s here\n")
    print(f"{'':16s}{'critic steps/s':>16s}{'real images/s':>16s}{'MFLOP a step':>14s}{'share of that rate':>20s}")
    for name, each in speeds.items():
        speed = statistics.median(each)
        share = speed * work[name] / rate
        print(f"{name:16s}{speed:16.1f}{speed * config.batch_size:16.0f}{work[name] / 1e6:14.0f}{share:20.0%}")
    ratios = [o / p for o, p in zip(speeds["wgan_lib"], speeds["the usual loop"], strict=True)]
    print(f"\nratio, median of {rounds} rounds: {statistics.median(ratios):.2f} "
          f"(lowest {min(ratios):.2f}, highest {max(ratios):.2f})")  # fmt: skip


def take_turns(loops: dict[str, Callable], rounds: int, steps: int, device: torch.device) -> dict[str, list[float]]:
    """Return critic steps per second of each loop in each round, after one round to warm up."""
    speeds: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds + 1):
        for name, step in loops.items():
            speeds[name].append(steps / seconds(step, steps, device))
    return {name: each[1:] for name, each in speeds.items()}


def seconds(action: Callable, times: int, device: torch.device) -> float:
    """Return how long `times` calls of `action` take, until the device has finished them."""
    started = time.perf_counter()
    for _ in range(times):
        action()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


def flops_per_step(step: Callable, steps: int = 5) -> float:
    """Return the operations in the matrix products of a critic step, its share of a generator step included."""
    with profile(activities=[ProfilerActivity.CPU], with_flops=True) as record:
        for _ in range(steps):
            step()
    products = [event for event in record.key_averages() if event.key in ("aten::mm", "aten::addmm")]
    return sum(event.flops for event in products) / steps


def matrix_product_rate(batch: int, device: torch.device) -> float:
    """Return the best rate, in operations a second, of the critic's largest product: `batch`×784 by 784×512."""
    x, weight = torch.randn(batch, 784, device=device), torch.randn(784, 512, device=device)
    best = min(seconds(lambda: x @ weight, 50, device) for _ in range(30))
    return 50 * 2 * batch * 784 * 512 / best


def unpack_for_torchvision(root: Path) -> None:
    """Put the repository's MNIST where torchvision's dataset looks for it below `root`."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    source = mnist.find_upwards("data/mnist")[0]
    for name in mnist.SHA256:
        (raw / name).write_bytes(gzip.decompress((source / f"{name}.gz").read_bytes()))


if __name__ == "__main__":
    tyro.cli(main)
