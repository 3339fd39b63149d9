r"""Training: the two steps of the game, and a `Trainer` that plays it as a `Config` says.

Read `critic_step` and `generator_step` first, then `Trainer.play`: they are Algorithm 1 of
WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028), and with `clip` in place of `penalty` that of
WGAN (Arjovsky et al. 2017, arXiv:1701.07875). What keeps a run fast, whole and alive is in
`engine`: the loop and its interrupts, the files of a run, CUDA graphs, several processes.
"""

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from wgan_lib import conditional, lipschitz, mnist, networks, randomness
from wgan_lib.conditional import given
from wgan_lib.engine import directory, graphs, processes, session
from wgan_lib.objectives import OBJECTIVES, Objective
from wgan_lib.settings import Config, preset, resolve_device

__all__ = ["Config", "CriticStep", "Trainer", "build", "critic_step", "generator_step", "preset"]
IMAGES_IN_A_GRID = 100
Row = dict[str, float]  # of metrics.csv


class CriticStep(NamedTuple):
    """What one critic step saw before its update: two scalars. Chapter 9 plots them.

    >>> CriticStep(loss=torch.tensor(-1.5), estimate=torch.tensor(2.0)).estimate
    tensor(2.)
    """

    loss: Tensor  # what the critic minimised, the penalty included
    estimate: Tensor  # of the distance between real and generated


def critic_step(
    critic: nn.Module,
    optimizer: torch.optim.Optimizer,
    real: Tensor,
    fake: Tensor,
    *,
    objective: Objective = OBJECTIVES["wasserstein"],
    clip: float | None = None,
    penalty: float | None = None,
    one_sided: bool = False,
    r1: float | None = None,
    epsilon: Tensor | None = None,
    rng: torch.Generator | None = None,
) -> CriticStep:
    r"""Improve the critic once: WGAN-GP (2017), Algorithm 1, lines 4–9. Chapter 6 builds it.

    Parameters
    ----------
    critic, optimizer : nn.Module, torch.optim.Optimizer
        From a batch to one score for each example, and what updates its weights.
    real, fake : Tensor, shapes (n, ...)
        Real and generated examples. No gradient flows to the generator from here.
    objective : Objective
        The game that is played.
    clip : float, optional
        Clamp the weights to [-clip, clip] after the update.
    penalty, one_sided, epsilon, rng
        Weight λ of `lipschitz.gradient_penalty`, and what else that takes.
    r1 : float, optional
        Weight γ of `lipschitz.r1_penalty`.

    Examples
    --------
    >>> critic = nn.Linear(2, 1, bias=False)
    >>> critic.weight.data = torch.tensor([[3.0, 4.0]])  # of slope 5
    >>> descent = torch.optim.SGD(critic.parameters(), lr=0.01)
    >>> critic_step(critic, descent, torch.ones(8, 2), torch.zeros(8, 2), penalty=10)
    CriticStep(loss=tensor(153.), estimate=tensor(7.))
    >>> round(critic.weight.norm().item(), 2)  # flatter than before
    4.21
    """
    fake = fake.detach()
    distance_loss = objective.critic_loss(*_scores(critic, real, fake))
    loss = distance_loss
    if penalty:
        how = {"one_sided": one_sided, "epsilon": epsilon, "rng": rng}
        loss = loss + penalty * lipschitz.gradient_penalty(critic, real, fake, **how)
    if r1:
        loss = loss + r1 * lipschitz.r1_penalty(critic, real)
    optimizer.zero_grad()
    # To the weights alone: the points of the penalty would get a gradient too, for nothing.
    loss.backward(inputs=list(critic.parameters()))
    optimizer.step()
    if clip is not None:
        lipschitz.clip_weights(critic, clip)
    return CriticStep(loss.detach(), objective.estimate(distance_loss.detach()))


def _scores(critic: nn.Module, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores of both batches: in one pass, unless batch norm would mix them."""
    if lipschitz.mixes_examples(critic):
        return critic(real).to(real.dtype), critic(fake).to(real.dtype)
    scores = critic(torch.cat([real, fake])).to(real.dtype)
    return scores[: len(real)], scores[len(real) :]


def generator_step(
    generator: nn.Module,
    optimizer: torch.optim.Optimizer,
    critic: nn.Module,
    latent: Tensor,
    *,
    objective: Objective = OBJECTIVES["wasserstein"],
) -> Tensor:
    r"""Improve the generator once against a fixed critic: WGAN-GP (2017), Algorithm 1, lines 11–12.

    It makes examples of noise, `latent` (n, latent_dim), and follows the critic's slope at them.
    Returns the loss before the update, a scalar. Chapter 4 builds it.

    >>> generator, critic = nn.Linear(1, 1), nn.Linear(1, 1)
    >>> descent = torch.optim.SGD(generator.parameters(), lr=0.01)
    >>> first, second = (generator_step(generator, descent, critic, torch.ones(8, 1)) for _ in "12")
    >>> bool(second < first)
    True
    """
    # The critic's weight gradients would cost a tenth to a fifth of this step, unwanted.
    critic.requires_grad_(False)
    loss = objective.generator_loss(critic(generator(latent)).to(latent.dtype))
    critic.requires_grad_(True)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def build(config: Config) -> tuple[nn.Module, nn.Module]:
    """Return generator and critic of `config` on the CPU, made from its seed. Chapter 9 uses them.

    >>> generator, critic = build(preset("gan", latent_dim=3))
    >>> critic(generator(torch.zeros(2, 3))).shape
    torch.Size([2])
    """
    with torch.random.fork_rng(devices=[]):  # torch initialises from its global stream
        torch.manual_seed(config.seed)
        if config.network == "mlp":
            return networks.mlp_generator(config.latent_dim), networks.mlp_critic()
        if config.conditioning != "none":
            return conditional.players(config)
        generator = networks.conv_generator(config.latent_dim, config.width)
        return generator, networks.conv_critic(config.width, batch_norm=config.batch_norm)


class Trainer:
    """Trains a generator and a critic on MNIST as a `Config` says. Chapter 9 trains with it.

    Parameters
    ----------
    config : Config
        All settings. If `out` is among them, the run is kept there, or goes on there; ValueError if
        what lies there is another run, in use, or damaged.
    images : Tensor, shape (n, 1, 28, 28), uint8, optional
        What to learn from, or all 60,000 training images: of either, the first `train_images`.
    labels : Tensor, shape (n,), int64, optional
        Their labels, if both players are told: see `conditional`.

    Attributes
    ----------
    generator, critic, averaged : nn.Module
        The two players, on `device`, and the generator's moving average, if there is one.
    steps_done : int
        Critic steps made so far.
    rows : list of dict
        What metrics.csv holds.
    stopped_by : int or None
        The signal that ended `run` before its time.

    Examples
    --------
    >>> pixels = torch.zeros(64, 1, 28, 28, dtype=torch.uint8)
    >>> trainer = Trainer(preset("wgan-gp", steps=20, batch_size=8, device="cpu"), pixels)
    >>> [row["step"] for row in trainer.run()]
    [20]
    """

    def __init__(
        self, config: Config, images: Tensor | None = None, labels: Tensor | None = None
    ) -> None:
        self.config = config
        self.device = processes.own_device(resolve_device(config.device))
        session.check_surroundings(config, self.device)
        self.objective = OBJECTIVES[config.objective]
        self.generator, self.critic = (network.to(self.device) for network in build(config))
        self.averaged = copy.deepcopy(self.generator) if config.average else self.generator
        self.generator_optimizer = graphs.optimizer(self.generator, config, self.device)
        self.critic_optimizer = graphs.optimizer(self.critic, config, self.device)
        self.rng = randomness.stream(config.seed, "training", self.device)
        fixed_latent = randomness.noise(IMAGES_IN_A_GRID, config.latent_dim, config.seed)
        self.fixed_latent = fixed_latent.to(self.device)
        self.steps_done, self.seconds = 0, 0.0  # of training, earlier sessions included
        self.generator_loss = self.validation_estimate = torch.tensor(math.nan)
        self.rows: list[Row] = []
        images = mnist.images(**config.source) if images is None else images
        self.images = mnist.check_pixels(images)[: config.train_images].to(self.device)
        self.unseen = mnist.images("test", **config.source, device=self.device)
        self.labels, self.unseen_labels = conditional.labels(config, self.images, labels)
        self.arithmetic = partial(graphs.arithmetic, config.precision, self.device)
        self.capture = graphs.capture(self)
        for network in (self.generator, self.critic):
            processes.synchronise_batch_norm(network)
        self.stopped_by: int | None = None
        # What keeps others out of `out`, from here to the end of `run`
        self.hold = None if config.out is None else directory.open_run(self)

    def run(self, on_log: Callable[[Row], None] | None = None) -> list[Row]:
        """Train until `steps` critic steps are made; on Ctrl-C, finish the step, save, and stop.

        Returns a row for every `log_every` steps, and calls `on_log` with each as it comes. Raises
        `engine.session.Diverged` if a loss or a weight is NaN or infinite, and saves nothing then.
        """
        session.run(self, on_log)
        return self.rows

    def step(self) -> CriticStep:
        """Make one critic step and, after every `critic_steps` of them, one generator step."""
        graphs.set_rates(self)
        step = self.steps_done + 1
        # Only a step that becomes a row of metrics is worth a validation.
        unseen = self.unseen_at(step) if step % self.config.log_every == 0 else None
        seen = self.play(unseen, last=step % self.config.critic_steps == 0)
        self.steps_done = step
        return seen

    def play(self, unseen: Tensor | None, last: bool) -> CriticStep:
        """Play once: draw, critic step and, if it is the `last` of its cycle, generator step.

        On the test digits in the rows `unseen` the critic is asked for its estimate before it
        learns. All of this is work for the device alone, and nothing is counted, so a CUDA graph
        can hold it.
        """
        # Recorded runs repeat only while the draws keep their order: digits, noise, ε, noise.
        which = self._draw(torch.randint, len(self.images), (self.config.batch_size,))
        real, latent = mnist.scale(self.images[which]), self._noise()
        labels = None if self.labels is None else self.labels[which]
        with torch.no_grad(), self.arithmetic():
            fake = given(self.generator, labels)(latent).float()
            if unseen is not None:
                self.validation_estimate = self._validate(unseen, fake, latent)
        seen = self._critic_step(real, fake, labels)
        if last:
            self._generator_step(labels)
        return CriticStep(processes.mean(seen.loss), processes.mean(seen.estimate))

    def _critic_step(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> CriticStep:
        config = self.config
        one_each = (config.batch_size, 1, 1, 1)
        epsilon = self._draw(torch.rand, one_each) if config.penalty else None
        with self.arithmetic():
            return critic_step(
                given(self.critic, labels),
                self.critic_optimizer,
                real,
                fake,
                objective=self.objective,
                clip=config.clip,
                penalty=config.penalty,
                one_sided=config.one_sided,
                epsilon=epsilon,
            )

    def _generator_step(self, labels: Tensor | None) -> None:
        latent = self._noise()
        # Anew, since autocast keeps the weights that it has rounded until it ends.
        with self.arithmetic():
            loss = generator_step(
                given(self.generator, labels),
                self.generator_optimizer,
                given(self.critic, labels),
                latent,
                objective=self.objective,
            )
        self.generator_loss = processes.mean(loss)
        if self.config.average:
            graphs.follow(self.averaged, self.generator, 1 - self.config.average)

    def sample(self, latent: Tensor | None = None) -> Tensor:
        """Return images (n, 1, 28, 28) in [-1, 1], from the run's fixed noise or from `latent`."""
        latent = self.fixed_latent if latent is None else latent.to(self.device)
        return networks.sample(self.averaged, latent)

    def unseen_at(self, step: int) -> Tensor:
        """Return rows of test digits that the critic never learns from, other ones each time."""
        rows = torch.arange(len(self.unseen), device=self.unseen.device)
        batches = rows.split(self.config.batch_size)
        return batches[(step // self.config.log_every - 1) % len(batches)]

    def _draw(self, source: Callable[..., Tensor], *args: int | tuple[int, ...]) -> Tensor:
        """Return this process's share of a batch of random numbers, which every process draws."""
        return processes.share(source(*args, generator=self.rng, device=self.device))

    def _noise(self) -> Tensor:
        return self._draw(torch.randn, (self.config.batch_size, self.config.latent_dim))

    def _validate(self, unseen: Tensor, fake: Tensor, latent: Tensor) -> Tensor:
        """Return the critic's estimate on generated examples and digits it does not learn from."""
        labels = None
        if self.unseen_labels is not None:  # a critic may add a constant to all scores of a label
            labels = self.unseen_labels[unseen]
            fake = given(self.generator, labels)(latent[: len(unseen)]).float()
        critic = given(self.critic, labels)
        real_scores = critic(mnist.scale(self.unseen[unseen])).float()
        loss = self.objective.critic_loss(real_scores, critic(fake).float())
        return processes.mean(self.objective.estimate(loss))
