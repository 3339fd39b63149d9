r"""Training: the two steps of the game as functions, and a `Trainer` that plays it as a `Config` says.

Read `critic_step` and `generator_step` first, then `Trainer.play`: they are Algorithm 1 of WGAN-GP [1]_, and with
`clip` in place of `penalty` that of WGAN [2]_. What keeps a run fast, whole and alive is in `engine`: the loop and its
interrupts, the files of a run, CUDA graphs, several processes. The settings are in `settings`.

References
----------
.. [1] Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028.
.. [2] Arjovsky, Chintala and Bottou (2017), Wasserstein GAN, arXiv:1701.07875.
"""

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from wgan_lib import lipschitz, mnist, networks, randomness
from wgan_lib.engine import directory, graphs, processes, session
from wgan_lib.engine.directory import COLUMNS, hardware, read_metrics, read_settings
from wgan_lib.engine.session import Diverged
from wgan_lib.objectives import OBJECTIVES, Objective
from wgan_lib.settings import PRESETS, Config, preset, resolve_device

__all__ = ["COLUMNS", "PRESETS", "Config", "CriticStep", "Diverged", "Trainer", "build", "critic_step",
           "generator_step", "hardware", "preset", "read_metrics", "read_settings", "resolve_device"]  # fmt: skip
IMAGES_IN_A_GRID = 100


# The game


class CriticStep(NamedTuple):
    """What one critic step saw, before its update: the loss it minimised, and the critic's estimate of the distance."""

    loss: Tensor
    estimate: Tensor


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
    r"""Improve the critic once: WGAN-GP 2017, Algorithm 1, lines 4–9.

    Parameters
    ----------
    critic : nn.Module
        Maps a batch to one score per example.
    optimizer : torch.optim.Optimizer
        Over the critic's parameters.
    real, fake : Tensor, shapes (n, ...)
        A batch of real and one of generated examples. No gradient flows to the generator from here.
    objective : Objective
        The game that is played.
    clip : float, optional
        Clamp the weights to [-clip, clip] after the update.
    penalty : float, optional
        Weight λ of the gradient penalty.
    one_sided : bool
        Penalise only slopes above 1.
    r1 : float, optional
        Weight γ of the R1 penalty.
    epsilon : Tensor, shape (n, 1, ..., 1), optional
        The penalty's ε.
    rng : torch.Generator, optional
        Source of ε where it is not given.

    Returns
    -------
    CriticStep
        Two scalars on the device: `loss` with the penalty, `estimate` without.
    """
    fake = fake.detach()
    distance_loss = objective.critic_loss(*_scores(critic, real, fake))
    loss = distance_loss
    if penalty:
        loss = loss + penalty * lipschitz.gradient_penalty(
            critic, real, fake, one_sided=one_sided, epsilon=epsilon, rng=rng
        )
    if r1:
        loss = loss + r1 * lipschitz.r1_penalty(critic, real)
    optimizer.zero_grad()
    loss.backward(inputs=list(critic.parameters()))
    optimizer.step()
    if clip is not None:
        lipschitz.clip_weights(critic, clip)
    return CriticStep(loss.detach(), objective.estimate(distance_loss.detach()))


def _scores(critic: nn.Module, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores of both batches: in one pass, unless batch norm would mix them."""
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in critic.modules()):
        return critic(real).to(real.dtype), critic(fake).to(real.dtype)
    real_scores, fake_scores = critic(torch.cat([real, fake])).to(real.dtype).split([len(real), len(fake)])
    return real_scores, fake_scores


def generator_step(
    generator: nn.Module,
    optimizer: torch.optim.Optimizer,
    critic: nn.Module,
    latent: Tensor,
    *,
    objective: Objective = OBJECTIVES["wasserstein"],
) -> Tensor:
    r"""Improve the generator once against a fixed critic: WGAN-GP 2017, Algorithm 1, lines 11–12.

    Parameters
    ----------
    generator : nn.Module
        Maps noise to examples.
    optimizer : torch.optim.Optimizer
        Over the generator's parameters.
    critic : nn.Module
        Gives the slope to follow; its own parameters get no gradient.
    latent : Tensor, shape (n, latent_dim)
        Noise.
    objective : Objective
        The game that is played.

    Returns
    -------
    Tensor, shape ()
        The loss before the update.
    """
    critic.requires_grad_(False)  # its weight gradients would cost a tenth to a fifth of this step, unwanted
    loss = objective.generator_loss(critic(generator(latent)).to(latent.dtype))
    critic.requires_grad_(True)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


# The run


def build(config: Config) -> tuple[nn.Module, nn.Module]:
    """Return the generator and the critic of `config` on the CPU, initialised from its seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        if config.network == "mlp":
            return networks.mlp_generator(config.latent_dim), networks.mlp_critic()
        generator = networks.conv_generator(config.latent_dim, config.width)
        return generator, networks.conv_critic(config.width, batch_norm=config.batch_norm)


class Trainer:
    """Trains a generator and a critic on MNIST as a `Config` says, and keeps the run on disk if it says where.

    Parameters
    ----------
    config : Config
        All settings. With `out`, the run is written there: config.json, metrics.csv, samples/, samples.gif, snapshots/
        (the generator beside each grid, in half precision), generator.safetensors, checkpoint.safetensors and, at the
        end, run.json.
    images : Tensor, shape (n, 1, 28, 28), uint8, optional
        What to learn from; all 60,000 training images if left out. Of either, the first `train_images`.

    Attributes
    ----------
    generator, critic : nn.Module
        The two players, on `device`.
    steps_done : int
        Critic steps made so far.
    rows : list of dict
        What metrics.csv holds.
    stopped_by : int or None
        The signal that ended `run` before its time.

    Raises
    ------
    ValueError
        If `out` holds another run or is in use, or the checkpoint to resume from is damaged or of another
        configuration; or if `images` are not pixels.
    """

    def __init__(self, config: Config, images: Tensor | None = None) -> None:
        self.config = config
        self.device = processes.own_device(resolve_device(config.device))
        session.check_surroundings(config, self.device)
        self.objective = OBJECTIVES[config.objective]
        self.generator, self.critic = (network.to(self.device) for network in build(config))
        self.averaged = copy.deepcopy(self.generator) if config.average else self.generator
        self.generator_optimizer = _optimizer(self.generator, config, self.device)
        self.critic_optimizer = _optimizer(self.critic, config, self.device)
        self.rng = randomness.stream(config.seed, "training", self.device)
        self.fixed_latent = randomness.noise(IMAGES_IN_A_GRID, config.latent_dim, config.seed).to(self.device)
        self.steps_done, self.seconds = 0, 0.0  # of training, earlier sessions included
        self.generator_loss = self.validation_estimate = torch.tensor(math.nan)
        self.rows: list[dict[str, float]] = []
        self.images = _pixels(mnist.images(data=config.data) if images is None else images)[: config.train_images]
        self.images = self.images.to(self.device)
        self.unseen = mnist.images("test", data=config.data, device=self.device)
        self.arithmetic = partial(graphs.arithmetic, config.precision, self.device)
        self.capture = graphs.capture(self)
        for network in (self.generator, self.critic):
            processes.synchronise_batch_norm(network)
        self.stopped_by: int | None = None
        # What keeps others out of `out`, from here to the end of `run`
        self.hold = None if config.out is None else directory.open_run(self)

    def run(self, on_log: Callable[[dict[str, float]], None] | None = None) -> list[dict[str, float]]:
        """Train until `steps` critic steps are made; on Ctrl-C, finish the step, save, and stop.

        Parameters
        ----------
        on_log : callable, optional
            Called with each new row of metrics.

        Returns
        -------
        list of dict
            One row for every `log_every` steps: see `COLUMNS`. `w_estimate` is NaN for a GAN, `js_estimate` for a WGAN.

        Raises
        ------
        Diverged
            If a loss or a weight is NaN or infinite. The last checkpoint stays as it was.
        """
        session.run(self, on_log)
        return self.rows

    def step(self) -> CriticStep:
        """Make one critic step and, after every `critic_steps` of them, one generator step."""
        self.set_rates()
        step = self.steps_done + 1
        unseen = self.unseen_at(step) if step % self.config.log_every == 0 else None
        seen = self.play(unseen, last=step % self.config.critic_steps == 0)
        self.steps_done = step
        return seen

    def play(self, unseen: Tensor | None, last: bool) -> CriticStep:
        """Play the game once: draw, critic step and, if it is the last of its cycle, generator step and average.

        All of it is work for the device alone, and nothing is counted, so that a CUDA graph can hold it.

        Parameters
        ----------
        unseen : Tensor, shape (n, 1, 28, 28), uint8, optional
            Test digits on which the critic is asked for its estimate before it learns.
        last : bool
            Whether the generator makes a step, too.

        Returns
        -------
        CriticStep
            What the critic step saw.
        """
        config = self.config
        real = mnist.scale(self.images[self._draw(torch.randint, len(self.images), (config.batch_size,))])
        with torch.no_grad(), self.arithmetic():
            fake = self.generator(self._noise()).float()
            if unseen is not None:
                self.validation_estimate = self._validate(unseen, fake)
        epsilon = self._draw(torch.rand, (config.batch_size, 1, 1, 1)) if config.penalty else None
        with self.arithmetic():
            seen = critic_step(
                self.critic, self.critic_optimizer, real, fake, objective=self.objective,
                clip=config.clip, penalty=config.penalty, one_sided=config.one_sided, epsilon=epsilon,
            )  # fmt: skip
        if last:
            with self.arithmetic():  # anew, since autocast keeps the weights that it has rounded until it ends
                loss = generator_step(
                    self.generator, self.generator_optimizer, self.critic, self._noise(), objective=self.objective
                )
            self.generator_loss = processes.mean(loss)
            if config.average:
                torch._foreach_lerp_(_numbers(self.averaged), _numbers(self.generator), 1 - config.average)
        return CriticStep(processes.mean(seen.loss), processes.mean(seen.estimate))

    def advance(self) -> CriticStep:
        """Make the next step, or the whole next cycle at once, where a CUDA graph holds one that fits."""
        return graphs.advance(self)

    def sample(self, latent: Tensor | None = None) -> Tensor:
        """Return generated images (n, 1, 28, 28) in [-1, 1], from the run's fixed noise or from `latent`."""
        return networks.sample(self.averaged, self.fixed_latent if latent is None else latent.to(self.device))

    def hardware(self) -> str:
        """Return what the run runs on, in words."""
        count = f"{processes.size()} × " if processes.size() > 1 else ""
        return count + hardware(self.device)

    def unseen_at(self, step: int) -> Tensor:
        """Return test digits that the critic never learns from, other ones for each row."""
        batches = self.unseen.split(self.config.batch_size)
        return batches[(step // self.config.log_every - 1) % len(batches)]

    def set_rates(self) -> None:
        """Set the learning rates of the cycle that is under way, if they fall."""
        if not self.config.anneal:
            return
        begun = self.steps_done - self.steps_done % self.config.critic_steps
        rate = self.config.learning_rate * (1 - begun / self.config.steps)
        for optimizer in (self.generator_optimizer, self.critic_optimizer):
            for group in optimizer.param_groups:
                if isinstance(group["lr"], Tensor):  # in place, for a CUDA graph reads it there
                    group["lr"].fill_(rate)
                else:
                    group["lr"] = rate

    def _draw(self, source: Callable[..., Tensor], *args: int | tuple[int, ...]) -> Tensor:
        """Return this process's share of a batch of random numbers, all of which every process draws."""
        return processes.share(source(*args, generator=self.rng, device=self.device))

    def _noise(self) -> Tensor:
        return self._draw(torch.randn, (self.config.batch_size, self.config.latent_dim))

    def _validate(self, unseen: Tensor, fake: Tensor) -> Tensor:
        """Return the critic's estimate on `fake` and digits that it does not learn from."""
        scores = self.critic(mnist.scale(unseen)).float(), self.critic(fake).float()
        return processes.mean(self.objective.estimate(self.objective.critic_loss(*scores)))


def _optimizer(network: nn.Module, config: Config, device: torch.device) -> torch.optim.Optimizer:
    """Return the optimiser of `network`. Fused: one pass over the weights in place of a dozen."""
    on_gpu = device.type == "cuda"  # where a CUDA graph reads the count of steps and the rate
    rate = torch.tensor(config.learning_rate, device=device) if on_gpu and config.anneal else config.learning_rate
    optimizer = (
        torch.optim.Adam(network.parameters(), rate, betas=config.betas, fused=True, capturable=on_gpu)
        if config.optimizer == "adam"
        else torch.optim.RMSprop(network.parameters(), rate, foreach=on_gpu, capturable=on_gpu)
    )
    processes.average_gradients(optimizer)
    return optimizer


def _numbers(network: nn.Module) -> list[Tensor]:
    """Return the weights of `network`, and the statistics of its batch norm."""
    return [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]


def _pixels(images: Tensor) -> Tensor:
    """Return `images`, if they are what MNIST's are."""
    tensor = isinstance(images, Tensor)
    what = f"a {images.dtype} tensor {tuple(images.shape)}" if tensor else f"a {type(images).__name__}"
    fits = tensor and images.dtype == torch.uint8 and images.dim() == 4 and images.shape[1:] == networks.IMAGE_SHAPE
    if not fits or len(images) == 0:
        raise ValueError(f"images: expected pixels as MNIST has them, a uint8 tensor (n, 1, 28, 28), and not {what}")
    return images
