r"""Six ways to train a critic, in the same games: the tournament of chapter 7, and its command.

A *match* is one method with one choice of settings. All its games, on three data sets and from
several seeds, are played at once with stacked networks: every game has its own weights, data and
noise, as if it were played alone, and one matrix product serves them all. Methods that meet under
the same seed start from the same weights and see the same numbers, so that they differ by nothing
but the method.

``python -m wgan_lib.experiments.head_to_head --out runs/head-to-head`` plays it all again.
"""

import csv
import itertools
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from wgan_lib import lipschitz, networks, randomness, toy, training, transport
from wgan_lib.engine.directory import circumstances
from wgan_lib.engine.storage import csv_text, write_atomically
from wgan_lib.objectives import OBJECTIVES, Objective

DATA = {
    "8 Gaussians": toy.eight_gaussians,
    "25 Gaussians": toy.twenty_five_gaussians,
    "Swiss roll": toy.swiss_roll,
}
CENTRES = {
    "8 Gaussians": (toy.eight_centres(), toy.EIGHT_STD),
    "25 Gaussians": (toy.twenty_five_centres(), toy.TWENTY_FIVE_STD),
}
POINTS, DRAWS = 500, 2  # the judge compares 500 fresh points with 500, twice


class Method(NamedTuple):
    """What tells one way of training a critic from another.

    Attributes
    ----------
    objective : Objective
        The game.
    rule : str
        "" or clip, penalty, one-sided, r1, spectral.
    strength : float
        The rule's c, λ, λ or γ, unless a match asks for another.
    """

    objective: Objective
    rule: str = ""
    strength: float = 0.0


METHODS = {
    "GAN": Method(OBJECTIVES["non-saturating"]),
    "clip": Method(OBJECTIVES["wasserstein"], "clip", 0.1),
    "GP": Method(OBJECTIVES["wasserstein"], "penalty", 0.1),
    "one-sided": Method(OBJECTIVES["wasserstein"], "one-sided", 0.1),
    "R1": Method(OBJECTIVES["non-saturating"], "r1", 0.1),
    "SN": Method(OBJECTIVES["non-saturating"], "spectral"),
}


@dataclass(frozen=True)
class Match:
    """One method, and every setting that it plays with.

    Parameters
    ----------
    method
        A key of `METHODS`.
    learning_rate
        Of both players: RMSProp for clip, Adam with β = (0.5, 0.9) for all others.
    strength
        In place of the method's own.
    depth
        Hidden layers of the critic; the generator has 3.
    generator_norm, critic_norm
        none, batch or layer: what is normalised before each ReLU.
    critic_steps
        Critic steps to one generator step.
    steps
        Critic steps in all.
    seeds, data
        Each seed plays on each data set.
    width, batch
        Units of a hidden layer; real and generated points in a step.
    """

    method: str
    learning_rate: float = 1e-3
    strength: float | None = None
    depth: int = 3
    generator_norm: str = "none"
    critic_norm: str = "none"
    critic_steps: int = 5
    steps: int = 800
    seeds: tuple[int, ...] = (0, 1)
    data: tuple[str, ...] = tuple(DATA)
    width: int = 64
    batch: int = 64

    def __post_init__(self) -> None:
        """Check every name, before any work starts."""
        if self.method not in METHODS:
            raise ValueError(f"method = {self.method!r}: expected one of {', '.join(METHODS)}")
        if not set(self.data) <= set(DATA):
            raise ValueError(f"data = {self.data!r}: expected some of {', '.join(DATA)}")
        for norm in (self.generator_norm, self.critic_norm):
            if norm not in ("none", "batch", "layer"):
                raise ValueError(f"norm = {norm!r}: expected none, batch or layer")

    @property
    def games(self) -> list[tuple[str, int]]:
        """The (data set, seed) of each game."""
        return list(itertools.product(self.data, self.seeds))


class Together(nn.Module):
    """K perceptrons of one shape, each on its own batch: (K, n, in) to (K, n, out), ReLU between.

    Parameters
    ----------
    each : list of nn.Module
        The K networks; their linear layers are copied.
    norm : str
        none, batch or layer: normalise over a game's batch or over an example's units, then scale
        and shift.
    spectral : bool
        Divide every weight matrix by its largest singular value, found by one power iteration a
        call, in training.
    """

    def __init__(self, each: list[nn.Module], norm: str = "none", spectral: bool = False) -> None:
        super().__init__()
        layers = list(
            zip(
                *([m for m in one.modules() if isinstance(m, nn.Linear)] for one in each),
                strict=True,
            )
        )
        self.weights = nn.ParameterList(
            torch.stack([m.weight.detach().T for m in layer]) for layer in layers
        )
        self.biases = nn.ParameterList(
            torch.stack([m.bias.detach()[None] for m in layer]) for layer in layers
        )
        self.axis = {"none": None, "batch": 1, "layer": 2}[norm]
        normalised = [] if self.axis is None else self.biases[:-1]
        self.scales = nn.ParameterList(torch.ones_like(bias) for bias in normalised)
        self.shifts = nn.ParameterList(torch.zeros_like(bias) for bias in normalised)
        # (K, in, 1)
        self.directions = [torch.ones_like(w[..., :1]) for w in self.weights] if spectral else None

    def forward(self, x: Tensor) -> Tensor:
        """Apply network k to x[k]."""
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, x, weight / self._largest(i) if self.directions else weight)
            if i < last:
                x = self._normalised(x, i).relu()
        return x

    def _normalised(self, x: Tensor, i: int) -> Tensor:
        if self.axis is None:
            return x
        variance, mean = torch.var_mean(x, dim=self.axis, keepdim=True, correction=0)
        return (x - mean) / (variance + 1e-5).sqrt() * self.scales[i] + self.shifts[i]

    def _largest(self, i: int) -> Tensor:
        """Return uᵀ W v for each game (Miyato et al. 2018, Algorithm 1), u and v held constant."""
        with torch.no_grad():
            # (K, 1, out)
            u = nn.functional.normalize(self.directions[i].mT @ self.weights[i], dim=2)
            v = nn.functional.normalize(self.weights[i] @ u.mT, dim=1)
            if self.training:
                self.directions[i] = v
        return u @ self.weights[i].mT @ v


def deal(batches: Iterable[Tensor]) -> Tensor:
    """Return K batches (n, d) as one, (n · K, d): game k has the rows k, K + k, 2K + k, …."""
    return torch.stack(tuple(batches), dim=1).flatten(0, 1)


class Dealt(nn.Module):
    """Stacked networks as one network, for the steps of `training`: takes what `deal` returns.

    Parameters
    ----------
    together : Together
        The K networks.
    """

    def __init__(self, together: Together) -> None:
        super().__init__()
        self.together = together

    def forward(self, x: Tensor) -> Tensor:
        """Apply network k to game k: (n · K, in) to (n · K, out), or (n · K,) for scores."""
        games = len(self.together.weights[0])
        # Slices that are stacked, not a transposed view: then each game's gradients lie side by
        # side in memory, and add up in the same order as ever. A record repeats to the last bit.
        hands = torch.stack(x.unflatten(0, (-1, games)).unbind(dim=1))  # (K, n, in)
        return deal(self.together(hands)).squeeze(-1)


def summed(objective: Objective, games: int) -> Objective:
    """Return an objective that sums over games; no weight belongs to two, so nothing mixes."""
    # The sum of the games' own means is K times the mean over all their examples.
    return Objective(
        lambda real, fake: games * objective.critic_loss(real, fake),
        lambda fake: games * objective.generator_loss(fake),
        objective.estimate,
    )


def rule(name: str, strength: float, games: int) -> dict[str, Any]:
    """Return what `training.critic_step` is told of a rule, in games whose losses are summed."""
    return {
        "clip": {"clip": strength},
        "penalty": {"penalty": games * strength},
        "one-sided": {"penalty": games * strength, "one_sided": True},
        "r1": {"r1": games * strength},
    }.get(name, {})


class Contest:
    """All games of one match, under way.

    Attributes
    ----------
    match : Match
        The settings.
    generator, critic : Together
        The players of all games.
    steps_done : int
        Critic steps made so far.
    """

    def __init__(self, match: Match) -> None:
        self.match, self.method, self.steps_done = match, METHODS[match.method], 0
        self.strength = self.method.strength if match.strength is None else match.strength
        pairs = [self._players(seed) for _, seed in match.games]
        self.generator = Together([generator for generator, _ in pairs], match.generator_norm)
        self.critic = Together(
            [critic for _, critic in pairs], match.critic_norm, self.method.rule == "spectral"
        )
        self.players = Dealt(self.generator), Dealt(self.critic)
        self.objective = summed(self.method.objective, len(match.games))
        self.rule = rule(self.method.rule, self.strength, len(match.games))
        if self.method.rule == "clip":
            lipschitz.clip_weights(self.critic, self.strength)
        self.optimizers = [self._optimizer(player) for player in (self.generator, self.critic)]
        self.streams = [randomness.stream(seed, data) for data, seed in match.games]

    def _players(self, seed: int) -> tuple[nn.Module, nn.Module]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            generator = networks.toy_generator(2, 2, self.match.width)
            return generator, networks.toy_critic(2, self.match.width, self.match.depth)

    def _optimizer(self, player: nn.Module) -> torch.optim.Optimizer:
        if self.method.rule == "clip":
            return torch.optim.RMSprop(player.parameters(), lr=self.match.learning_rate)
        return torch.optim.Adam(
            player.parameters(), lr=self.match.learning_rate, betas=(0.5, 0.9), fused=True
        )

    def advance(self, steps: int) -> "Contest":
        """Make critic steps, with a generator step after every `critic_steps` of them."""
        for _ in range(steps):
            self._critic_step()
            self.steps_done += 1
            if self.steps_done % self.match.critic_steps == 0:
                self._generator_step()
        return self

    def _critic_step(self) -> None:
        n = self.match.batch
        draws = [
            (DATA[data](n, rng), torch.randn(n, 2, generator=rng), torch.rand(n, 1, generator=rng))
            for (data, _), rng in zip(self.match.games, self.streams, strict=True)
        ]
        real, latent, epsilon = (deal(each) for each in zip(*draws, strict=True))
        generator, critic = self.players
        with torch.no_grad():
            fake = generator(latent)
        training.critic_step(
            critic,
            self.optimizers[1],
            real,
            fake,
            objective=self.objective,
            epsilon=epsilon,
            **self.rule,
        )

    def _generator_step(self) -> None:
        generator, critic = self.players
        latent = deal([torch.randn(self.match.batch, 2, generator=rng) for rng in self.streams])
        training.generator_step(
            generator, self.optimizers[0], critic, latent, objective=self.objective
        )

    @torch.no_grad()
    def judge(self) -> list[dict[str, Any]]:
        """Return a row for each game: exact W1 on fresh samples, estimate, modes covered."""
        latent = torch.randn(
            DRAWS * POINTS, 2, generator=randomness.stream(self.steps_done, "judge")
        )
        made = self.generator(latent.expand(len(self.match.games), -1, -1))
        fresh = torch.stack([fresh_points(data) for data, _ in self.match.games])
        self.critic.eval()
        scores = self.critic(torch.cat([fresh, made], dim=1))[..., 0]
        losses = torch.vmap(self.method.objective.critic_loss)(*scores.split(DRAWS * POINTS, dim=1))
        estimates = self.method.objective.estimate(losses)
        self.critic.train()
        return [
            {
                "data": data,
                "seed": seed,
                "step": self.steps_done,
                "w": exact_w(x, y),
                "estimate": estimate,
            }
            | modes(y, *CENTRES.get(data, (None, 0)))
            for (data, seed), x, y, estimate in zip(
                self.match.games, fresh, made, estimates.tolist(), strict=True
            )
        ]


def fresh_points(data: str, seed: int = 0) -> Tensor:
    """Return the judge's real points, which no training sees: (DRAWS · POINTS, 2)."""
    return DATA[data](DRAWS * POINTS, randomness.stream(seed, f"judge {data}"))


def exact_w(x: Tensor, y: Tensor) -> float:
    """Return exact W1 between batches of `POINTS` points, their mean; inf after a divergence."""
    if not torch.isfinite(y).all():
        return float("inf")
    return float(
        np.mean(
            [
                transport.emd(*pair).cost
                for pair in zip(x.split(POINTS), y.split(POINTS), strict=True)
            ]
        )
    )


def floor(data: str, samples: int = 10) -> np.ndarray:
    """Return what a perfect generator would get: `exact_w` of samples of other real points."""
    return np.array(
        [exact_w(fresh_points(data), fresh_points(data, 1 + k)) for k in range(samples)]
    )


def modes(points: Tensor, centres: Tensor | None, std: float) -> dict[str, float]:
    """Count how a mixture's modes are served, in the terms of VEEGAN (Srivastava et al. 2017).

    Parameters
    ----------
    points : Tensor, shape (n, 2)
        Generated points.
    centres : Tensor, shape (k, 2), or None
        The modes; None where the data have none.
    std : float
        The standard deviation of each mode.

    Returns
    -------
    dict
        `quality`, the share of points within 3 `std` of the nearest centre; `captured`, the modes
        that are nearest to at least one such point; `starved`, the modes that are nearest to less
        than a quarter of their share n / k. NaN without modes.
    """
    if centres is None or not torch.isfinite(points).all():
        return {"quality": float("nan"), "captured": float("nan"), "starved": float("nan")}
    distance, nearest = torch.cdist(points, centres).min(dim=1)
    good = distance <= 3 * std
    served = torch.bincount(nearest, minlength=len(centres))
    return {
        "quality": good.double().mean().item(),
        "captured": len(nearest[good].unique()),
        "starved": int((served < len(points) / len(centres) / 4).sum()),
    }


# The recorded tournament

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
STRENGTHS = {
    "clip": (0.01, 0.03, 0.1, 0.3, 1.0),
    "GP": (0.01, 0.1, 1.0, 10.0, 100.0),
    "one-sided": (0.01, 0.1, 1.0, 10.0, 100.0),
    "R1": (0.001, 0.01, 0.1, 1.0, 10.0),
}
CHANGES = (
    {"depth": 1},
    {"depth": 6},
    {"depth": 12},
    {"generator_norm": "batch"},
    {"generator_norm": "batch", "critic_norm": "layer"},
    {"critic_steps": 1},
)
FINAL_SEEDS = tuple(range(10, 20))
FINAL_STEPS, FINAL_MEASUREMENTS = 3000, 10
# λ of the two-sided penalty, critic steps to one generator step
PATIENCE = ((0.1, 5), (10.0, 5), (10.0, 20))
PATIENCE_STEPS, PATIENCE_MEASUREMENTS = 6400, 8


def rates() -> list[Match]:
    """Return the matches that differ in the learning rate."""
    return [Match(method, learning_rate=rate) for method in METHODS for rate in RATES]


def changes() -> list[Match]:
    """Return the matches with depth, normalisation, critic steps or the rule's strength changed."""
    others = [Match(method, **change) for change in CHANGES for method in METHODS]
    strengths = [
        Match(method, strength=value) for method, values in STRENGTHS.items() for value in values
    ]
    return others + [
        match for match in strengths if match.strength != METHODS[match.method].strength
    ]


def finals(rows: list[dict[str, Any]]) -> list[Match]:
    """Return a longer match for each method, with its best learning rate and fresh seeds."""
    return [
        Match(method, learning_rate=best_rate(rows, method), seeds=FINAL_SEEDS, steps=FINAL_STEPS)
        for method in METHODS
    ]


def patience() -> list[Match]:
    """Return long matches of the two-sided penalty: does a large λ want time, or critic steps."""
    return [
        Match("GP", strength=strength, critic_steps=critic_steps, steps=PATIENCE_STEPS)
        for strength, critic_steps in PATIENCE
    ]


def best_rate(rows: list[dict[str, Any]], method: str) -> float:
    """Return the learning rate with the lowest geometric mean of W, nothing else being changed."""
    plain = Match(method)

    def score(rate: float) -> float:
        settings = describe(replace(plain, learning_rate=rate))
        return np.mean([np.log(row["w"]) for row in rows if settings.items() <= row.items()])

    return min(RATES, key=score)


def describe(match: Match) -> dict[str, Any]:
    """Return the settings of a match as they stand in a row of the record."""
    strength = METHODS[match.method].strength if match.strength is None else match.strength
    names = ("method", "learning_rate", "depth", "generator_norm", "critic_norm", "critic_steps")
    return {name: getattr(match, name) for name in names} | {"strength": strength}


def play(match: Match, measurements: int = 1) -> list[dict[str, Any]]:
    """Play a match, and return the judge's rows at `measurements` evenly spaced moments."""
    return _play_on(Contest(match), measurements)


def _play_on(contest: Contest, measurements: int) -> list[dict[str, Any]]:
    match = contest.match
    return [
        describe(match) | row
        for _ in range(measurements)
        for row in contest.advance(match.steps // measurements).judge()
    ]


@torch.no_grad()
def pictures(contest: Contest) -> dict[str, Tensor]:
    """Return 500 points, in half precision, of the first seed for each "method, data set"."""
    latent = torch.randn(POINTS, 2, generator=randomness.stream(0, "picture"))
    made = contest.generator(latent.expand(len(contest.match.games), -1, -1))
    return {
        f"{contest.match.method}, {data}": points.half().clone()
        for (data, seed), points in zip(contest.match.games, made, strict=True)
        if seed == contest.match.seeds[0]
    }


def save(rows: list[dict[str, Any]], path: Path) -> None:
    """Write rows as CSV, five digits of every measured number."""
    measured = ("w", "estimate", "quality")
    rounded = [row | {name: f"{row[name]:.5g}" for name in measured} for row in rows]
    write_atomically(path, csv_text(rounded, rows[0]))


def load(path: Path) -> list[dict[str, Any]]:
    """Return the rows that `save` wrote."""
    with open(path, newline="") as file:
        return [
            {name: _number(value) for name, value in row.items()} for row in csv.DictReader(file)
        ]


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def record(out: Path) -> None:
    """Play the whole tournament; write three tables, points and run.json to `out`."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    started = time.process_time()
    rows, drawn = _play_all(rates(), 1), {}
    save(_play_all(finals(rows), FINAL_MEASUREMENTS, drawn), out / "finals.csv")
    write_atomically(out / "points.safetensors", safetensors.torch.save(drawn))
    save(rows + _play_all(changes(), 1), out / "sweep.csv")
    save(_play_all(patience(), PATIENCE_MEASUREMENTS), out / "patience.csv")
    floors = {data: floor(data).tolist() for data in DATA}
    facts = circumstances(torch.device("cpu")) | {
        "cpu_seconds": round(time.process_time() - started),
        "floors": floors,
    }
    write_atomically(out / "run.json", (json.dumps(facts, indent=2) + "\n").encode())


def _play_all(
    matches: Iterable[Match], measurements: int, drawn: dict[str, Tensor] | None = None
) -> list[dict[str, Any]]:
    rows = []
    for match in matches:
        contest = Contest(match)
        rows += _play_on(contest, measurements)
        if drawn is not None:
            drawn |= pictures(contest)
        print(match, *(f"{row['w']:.2f}" for row in rows[-len(match.games) :]), flush=True)
    return rows


if __name__ == "__main__":
    import tyro

    tyro.cli(record)
