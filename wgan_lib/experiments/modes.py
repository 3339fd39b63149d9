r"""Stacked MNIST on one processor core: a GAN, clipping and a penalty, and the modes that each has.

``python -m wgan_lib.experiments.modes search --out runs/stacked`` tries the same learning rates
with each method; ``record --out runs/stacked`` trains all with the best, and measures all along.
Both go on where they were stopped. Whoever has a GPU gives them ``--width 64``, and more steps.
"""

import copy
import csv
import dataclasses
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib import mnist, networks, randomness, settings, stacked, training
from wgan_lib.engine import directory, graphs, storage
from wgan_lib.objectives import OBJECTIVES
from wgan_lib.settings import Config

# Networks, batch, noise, average, falling rates and one critic step for each generator step are the
# same for all; what is a method's own is that of its preset. Each rate did best in `search`.
COMMON = {"latent_dim": 32, "width": 16, "batch_size": 64, "average": 0.99, "anneal": True}
COMMON |= {"critic_steps": 1}
METHODS = {
    "gan": settings.preset("gan-tuned", learning_rate=1e-3, **COMMON),
    "clip": settings.preset("wgan-clip-conv", learning_rate=4e-3, **COMMON),
    "gp": settings.preset("wgan-gp-tuned", learning_rate=8e-3, **COMMON),
}
RATES = (2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3, 8e-3)
COLUMNS = ("method", "seed", "step", "modes", "kl", "estimate", "seconds")


class Game:
    """One training: what it has made so far, and how to go on.

    Attributes
    ----------
    config : Config
        Its settings.
    steps_done, seconds : int, float
        Critic steps made so far, and the processor time that they took.
    rows : list of dict
        What was measured along.
    """

    def __init__(self, method: str, config: Config, pixels: Tensor) -> None:
        self.method, self.config, self.pixels = method, config, pixels
        device = pixels.device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.generator, critic = players(config)
        self.generator, self.critic = self.generator.to(device), critic.to(device)
        self.averaged = copy.deepcopy(self.generator)
        self.generator_optimizer = graphs.optimizer(self.generator, config, device)
        self.critic_optimizer = graphs.optimizer(self.critic, config, device)
        self.rng = randomness.stream(config.seed, "stacked", device)
        self.steps_done, self.seconds, self.estimate = 0, 0.0, float("nan")
        self.rows: list[dict[str, Any]] = []
        self.counts = torch.zeros(stacked.MODES, dtype=torch.int32)  # at the last measurement

    def step(self) -> None:
        """Make one critic step, and a generator step after every `critic_steps` of them."""
        graphs.set_rates(self)
        config, objective = self.config, OBJECTIVES[self.config.objective]
        real = mnist.scale(stacked.stack(self.pixels, config.batch_size, self.rng))
        with torch.no_grad():
            fake = self.generator(self._noise())
        limits = {"clip": config.clip, "penalty": config.penalty, "objective": objective}
        seen = training.critic_step(
            self.critic, self.critic_optimizer, real, fake, rng=self.rng, **limits
        )
        self.estimate = seen.estimate
        self.steps_done += 1
        if self.steps_done % config.critic_steps == 0:
            players = self.generator, self.generator_optimizer, self.critic
            training.generator_step(*players, self._noise(), objective=objective)
            graphs.follow(self.averaged, self.generator, 1 - config.average)

    def _noise(self) -> Tensor:
        shape = self.config.batch_size, self.config.latent_dim
        return torch.randn(shape, generator=self.rng, device=self.pixels.device)

    def measure(self, n: int) -> None:
        """Draw `n` images, and note their modes."""
        counts = stacked.count(stacked.modes(draw(self.averaged, n, self.config)))
        row = {"method": self.method, "seed": self.config.seed, "step": self.steps_done}
        row |= {"modes": int((counts > 0).sum()), "estimate": f"{float(self.estimate):.5g}"}
        row["kl"] = f"{stacked.reverse_kl(counts, stacked.true_law()):.5g}"
        self.rows.append(row | {"seconds": round(self.seconds, 1)})
        self.counts = torch.from_numpy(counts).int()

    def parts(self) -> dict[str, Any]:
        """Return all that changes, as nested tensors."""
        networks = {name: getattr(self, name).state_dict() for name in NETWORKS}
        memories = {name: getattr(self, name).state_dict()["state"] for name in OPTIMIZERS}
        return networks | memories | {"rng": self.rng.get_state(), "counts": self.counts}

    def save(self, path: Path) -> None:
        """Write the game to `path`, whole or not at all."""
        facts = {"rows": self.rows, "steps_done": self.steps_done, "seconds": self.seconds}
        storage.save(path, self.parts(), **facts, identity=self.config.identity())

    def load(self, path: Path) -> None:
        """Go on from `path`; ValueError if other settings made it, or it is damaged."""
        tensors, facts = storage.load(path)
        if facts["identity"] != json.loads(json.dumps(self.config.identity())):
            raise ValueError(f"{path} was made with other settings: give another --out")
        for name in NETWORKS:
            getattr(self, name).load_state_dict(tensors[name])
        for name in OPTIMIZERS:
            optimizer = getattr(self, name)
            groups = optimizer.state_dict()["param_groups"]
            state = {int(key): value for key, value in tensors.get(name, {}).items()}
            optimizer.load_state_dict({"state": state, "param_groups": groups})
        self.rng.set_state(tensors["rng"])
        self.counts = tensors["counts"]
        self.rows, self.steps_done = facts["rows"], facts["steps_done"]
        self.seconds = facts["seconds"]


NETWORKS = ("generator", "critic", "averaged")
OPTIMIZERS = ("generator_optimizer", "critic_optimizer")


def players(config: Config) -> tuple[nn.Module, nn.Module]:
    """Return generator and critic for images of three channels, from torch's global stream."""
    channels = stacked.CHANNELS
    generator = networks.conv_generator(config.latent_dim, config.width, channels)
    critic = networks.conv_critic(config.width, batch_norm=config.batch_norm, channels=channels)
    return generator, critic


def draw(generator: nn.Module, n: int, config: Config, seed: int = 1) -> Tensor:
    """Return `n` images (n, 3, 28, 28) on the CPU, from noise of `seed`, a thousand at a time."""
    latent = randomness.noise(n, config.latent_dim, seed)
    device = next(generator.parameters()).device
    parts = [networks.sample(generator, part.to(device)).cpu() for part in latent.split(1000)]
    return torch.cat(parts)


def play(game: Game, path: Path, n: int, measurements: int) -> None:
    """Train to the end; measure and save all along, and go on from what lies at `path`.

    Raises
    ------
    ValueError
        If there are not as many steps as measurements, or what lies at `path` is another game's.
    """
    steps = game.config.steps
    if not 1 <= measurements <= steps:
        raise ValueError(f"measurements = {measurements}: expected 1 to as many as steps, {steps}")
    if path.is_file():
        game.load(path)
    for until in (steps * (k + 1) // measurements for k in range(measurements)):
        if game.steps_done >= until:
            continue
        started = time.process_time()
        while game.steps_done < until:
            game.step()
        game.seconds += time.process_time() - started
        game.measure(n)
        game.save(path)
        print(*game.rows[-1].values(), flush=True)


def load_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of modes.csv or search.csv; all but the method's name are numbers."""
    with open(path, newline="") as file:
        return [
            {name: text if name == "method" else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def load(out: Path) -> tuple[list[dict[str, Any]], dict[str, np.ndarray], dict[str, Any]]:
    """Return what `record` wrote: rows, the counts (1000,) of each "method-seedS", and facts."""
    rows = load_rows(out / "modes.csv")
    counts, _ = storage.load(out / "counts.safetensors")
    facts = json.loads((out / "run.json").read_text())
    return rows, {name: tensor.numpy() for name, tensor in counts.items()}, facts


def load_generator(out: Path, name: str) -> tuple[nn.Module, Config]:
    """Return the generator "method-seedS", ready to draw, and its settings."""
    tensors, facts = storage.load(out / f"{name}.safetensors")
    config = dataclasses.replace(METHODS[facts["method"]], **facts["changes"])
    generator, _ = players(config)
    generator.load_state_dict(tensors)
    return generator.eval(), config


def search(
    out: Path,
    methods: tuple[str, ...] = tuple(METHODS),
    steps: int = 1000,
    seed: int = 10,
    width: int = 16,
    samples: int = stacked.PROTOCOL,
    device: str = "auto",
) -> None:
    """Train each method with each of RATES, all alike; write search.csv to `out`."""
    pixels = mnist.images(device=settings.resolve_device(device))
    work = out / "work"
    work.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for rate, method in itertools.product(RATES, methods):
        changes = {"seed": seed, "steps": steps, "width": width, "learning_rate": rate}
        game = Game(method, dataclasses.replace(METHODS[method], **changes), pixels)
        play(game, work / f"{method}-rate{rate:g}.safetensors", samples, measurements=1)
        rows.append({"rate": rate} | game.rows[-1])
        storage.write_atomically(out / "search.csv", storage.csv_text(rows, ("rate", *COLUMNS)))


def record(
    out: Path,
    methods: tuple[str, ...] = tuple(METHODS),
    steps: int = 2000,
    seeds: int = 3,
    width: int = 16,
    measurements: int = 4,
    samples: int = stacked.PROTOCOL,
    device: str = "auto",
) -> None:
    """Train each method with each seed; write modes.csv, counts and run.json to `out`.

    The weights of each method's first seed are kept.
    """
    where = settings.resolve_device(device)
    pixels = mnist.images(device=where)
    work = out / "work"  # what a run needs to go on, and nobody afterwards
    work.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    counts: dict[str, Tensor] = {}
    for seed in range(seeds):
        for method in methods:
            changes = {"seed": seed, "steps": steps, "width": width}
            config = dataclasses.replace(METHODS[method], **changes)
            game, name = Game(method, config, pixels), f"{method}-seed{seed}"
            play(game, work / f"{name}.safetensors", samples, measurements)
            rows, counts = rows + game.rows, counts | {name: game.counts}
            if seed == 0:
                weights = storage.halved(game.averaged.state_dict())
                storage.save(out / f"{name}.safetensors", weights, method=method, changes=changes)
            storage.write_atomically(out / "modes.csv", storage.csv_text(rows, COLUMNS))
            storage.save(out / "counts.safetensors", counts)
    facts = {"samples": samples, "steps": steps, "seeds": seeds, "width": width}
    facts |= directory.circumstances(where)
    storage.write_atomically(out / "run.json", json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    import tyro

    tyro.extras.subcommand_cli_from_dict({"search": search, "record": record})
