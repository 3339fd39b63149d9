r"""How long until the pictures are good: the usual loop and ours, by turns on the same cores.

`speed` asks how long a step takes; this asks what a reader wants to know, the time until the digits
reach a quality. Three play: the loop that tutorials show, `training.Trainer` with the very same
settings, and the settings that were searched for. Run it as ``python -m wgan_lib bench
--to-quality``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from wgan_lib import metrics, mnist, networks, randomness, training
from wgan_lib.experiments import evaluation, speed

GOALS = {"fid": 4.6, "readable": 0.8}  # the usual loop's FID after its 20,000 steps; a share of 1
EVERY_DIGIT = 0.05  # of all that is drawn, half of its part: one shape, well drawn, is no goal
IMAGES = 2500  # on each side, as in quality.csv
# `digits-in-a-minute` on half the batch: it has seen fewer digits when it is as good.
QUICK = {"batch_size": 32, "learning_rate": 8e-3, "average": 0.985, "penalty": 2.0, "steps": 1400}
USUAL_STEPS = 20_000  # which the recorded runs of chapter 9 made
MEASUREMENTS = 80  # along the whole length of a run


@dataclass
class Player:
    """One who trains, and when its digits reached each goal.

    Attributes
    ----------
    name : str
        What to call it.
    cycle : callable
        Makes the critic steps of one cycle, and then a generator step.
    generator : callable
        Returns the network that draws, as it is now.
    config : Config
        Its settings: `steps` is where it ends.
    seconds, steps : float, int
        Of training so far; measuring is not counted.
    reached : dict
        For each goal that was reached, the seconds until then.
    """

    name: str
    cycle: Callable[[], None]
    generator: Callable[[], nn.Module]
    config: training.Config
    seconds: float = 0.0
    steps: int = 0
    reached: dict[str, float] = field(default_factory=dict)

    @property
    def playing(self) -> bool:
        """Whether there is a goal to reach, and a step left to make."""
        return self.steps < self.config.steps and self.reached.keys() != GOALS.keys()

    def train(self, device: torch.device) -> None:
        """Train until the next measurement is due."""
        cycle = self.config.critic_steps
        cycles = math.ceil(self.config.steps / MEASUREMENTS / cycle)
        cycles = min(cycles, math.ceil((self.config.steps - self.steps) / cycle))
        self.seconds += cycles * speed.seconds(self.cycle, cycles, device)
        self.steps += cycles * cycle

    def measure(self, reference: Tensor) -> None:
        """Note which goals the digits of now have reached; `reference`: features of real ones."""
        latent = randomness.noise(IMAGES, self.config.latent_dim, seed=1)
        images = networks.sample(self.generator(), latent.to(reference.device))
        judged = metrics.judge(images)
        every = metrics.class_shares(judged).min() >= EVERY_DIGIT
        good = {
            "fid": metrics.fid(reference, metrics.features(images)) <= GOALS["fid"],
            "readable": every and evaluation.readable(judged) >= GOALS["readable"],
        }
        for goal in (goal for goal in GOALS if good[goal]):
            self.reached.setdefault(goal, self.seconds)


def race(players: list[Player], reference: Tensor) -> None:
    """Let whoever has trained least train on, until nobody has a goal left or a step."""
    while playing := [player for player in players if player.playing]:
        player = min(playing, key=lambda player: player.seconds)
        player.train(reference.device)
        player.measure(reference)


def players(device: torch.device, root: str) -> list[Player]:
    """Return the three who play; torchvision finds MNIST below `root`."""
    settings = {"device": str(device), "log_every": USUAL_STEPS}
    usual = training.preset("wgan-gp", steps=USUAL_STEPS, **settings)
    loop = speed.PlainLoop(usual, root)
    return [
        Player("the usual loop", loop.cycle, lambda: loop.generator, usual),
        _ours("ours, its settings", usual),
        _ours(
            "ours, settings searched for",
            training.preset("digits-in-a-minute", **settings, **QUICK),
        ),
    ]


def _ours(name: str, config: training.Config) -> Player:
    trainer = training.Trainer(config)
    return Player(name, speed.cycle_of(trainer), lambda: trainer.averaged, config)


def table(players: list[Player]) -> str:
    """Return the seconds to each goal, and how many times sooner than the first player."""
    fid, readable = f"FID {GOALS['fid']}", f"{GOALS['readable']:.0%} readable"
    lines = [f"{'seconds until':28s}{fid:>15s}{readable:>17s}{'trained for':>24s}"]
    usual = players[0]
    for player in players:
        cells = [_cell(player, usual, goal) for goal in GOALS]
        trained = f"{player.steps} steps, {player.seconds:.1f} s"
        lines.append(f"{player.name:28s}{cells[0]:>15s}{cells[1]:>17s}{trained:>24s}")
    return "\n".join(lines)


def _cell(player: Player, usual: Player, goal: str) -> str:
    """Return when a goal was reached, and by how much sooner than usual, or than usual gave up."""
    if goal not in player.reached:
        return "not reached"
    sooner = usual.reached.get(goal, usual.seconds) / player.reached[goal]
    bound = "" if goal in usual.reached else "> "
    return f"{player.reached[goal]:.1f} ({bound}{sooner:.1f}×)"


def main(device: torch.device, root: str) -> None:
    """Race on MNIST, and print the table; torchvision finds MNIST below `root`."""
    real = mnist.scale(mnist.images("test", device=device))[:IMAGES]
    racing = players(device, root)
    race(racing, metrics.features(real))
    print(table(racing))
