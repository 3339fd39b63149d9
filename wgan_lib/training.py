r"""Training: the two steps of the game as functions, a `Config` that decides everything, a `Trainer` that runs it.

Read `critic_step` and `generator_step` first: they are Algorithm 1 of WGAN-GP [1]_, and with `clip` in place of
`penalty` that of WGAN [2]_. All else is bookkeeping: files, resuming, and a progress bar.

References
----------
.. [1] Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028.
.. [2] Arjovsky, Chintala and Bottou (2017), Wasserstein GAN, arXiv:1701.07875.
.. [3] Radford, Metz and Chintala (2016), Unsupervised Representation Learning with DCGANs, arXiv:1511.06434.
"""

import csv
import dataclasses
import io
import json
import math
import platform
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from PIL import Image
from torch import Tensor, nn
from tqdm.auto import tqdm

from wgan_lib import checkpoints, lipschitz, mnist, networks
from wgan_lib.objectives import OBJECTIVES, Objective

COLUMNS = ("step", "critic_loss", "generator_loss", "w_estimate", "js_estimate", "validation_estimate",
           "images_per_second")  # fmt: skip
GRID = 100  # images in a sample grid


class Diverged(RuntimeError):
    """A loss or a weight became NaN or infinite."""


# The game


class CriticStep(NamedTuple):
    """What one critic step saw, before its update: the loss it minimised, and the distance the critic claims."""

    loss: Tensor
    claim: Tensor


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
    rng : torch.Generator, optional
        Source of the penalty's ε.

    Returns
    -------
    CriticStep
        Two scalars on the device: `loss` with the penalty, `claim` without.
    """
    fake = fake.detach()
    distance_loss = objective.critic_loss(*_scores(critic, real, fake))
    loss = distance_loss
    if penalty:
        loss = loss + penalty * lipschitz.gradient_penalty(critic, real, fake, one_sided=one_sided, generator=rng)
    if r1:
        loss = loss + r1 * lipschitz.r1_penalty(critic, real)
    optimizer.zero_grad()
    loss.backward(inputs=list(critic.parameters()))
    optimizer.step()
    if clip is not None:
        lipschitz.clip_weights(critic, clip)
    return CriticStep(loss.detach(), objective.claim(distance_loss.detach()))


def _scores(critic: nn.Module, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores of both batches: in one pass, unless batch norm would mix them."""
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in critic.modules()):
        return critic(real), critic(fake)
    real_scores, fake_scores = critic(torch.cat([real, fake])).split([len(real), len(fake)])
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
    critic.requires_grad_(False)  # its weight gradients would cost a third of this step, and are not wanted
    loss = objective.generator_loss(critic(generator(latent)))
    critic.requires_grad_(True)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


# The settings


@dataclass(frozen=True)
class Config:
    """Everything that decides a run; the defaults are those of `wgan-gp`. A wrong value raises ValueError at once.

    Parameters
    ----------
    name
        What to call the run.
    objective
        The game: wasserstein, non-saturating, or the original minimax.
    network
        mlp, or DCGAN-style conv.
    batch_norm
        Batch norm in the conv critic. Not with a gradient penalty.
    latent_dim
        Numbers of Gaussian noise that become one image.
    width
        Feature maps of the conv critic's first layer, and of the conv generator's last.
    batch_size
        Real images, and generated ones, in a critic step.
    critic_steps
        Critic steps between two generator steps.
    optimizer
        adam or rmsprop.
    learning_rate
        Of both optimisers.
    betas
        Decay of Adam's first and second moment; rmsprop does not use them.
    clip
        Clamp the critic's weights to ±clip after each of its steps.
    penalty
        Weight λ of the gradient penalty.
    one_sided
        Penalise only slopes above 1.
    train_images
        Learn from this many of the training images only; fewer than all 60,000 shows a critic that overfits.
    steps
        Critic steps to train for, in all.
    seed
        Seed of everything random.
    device
        cpu, cuda, or auto for cuda where there is one.
    data
        Directory of the four MNIST files; found or downloaded if left out.
    out
        Directory to write the run to.
    resume
        Continue the run in `out` where it stopped.
    log_every
        Critic steps between two rows of metrics.csv.
    sample_every
        Critic steps between two sample grids.
    checkpoint_every
        Critic steps between two checkpoints.
    tensorboard
        Log to TensorBoard too, in `out`.
    """

    name: str = "wgan-gp"
    objective: Literal["wasserstein", "non-saturating", "minimax"] = "wasserstein"
    network: Literal["mlp", "conv"] = "mlp"
    batch_norm: bool = False
    latent_dim: int = 100
    width: int = 64
    batch_size: int = 64
    critic_steps: int = 5
    optimizer: Literal["adam", "rmsprop"] = "adam"
    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.0, 0.9)
    clip: float | None = None
    penalty: float | None = 10.0
    one_sided: bool = False
    train_images: int = 60_000
    steps: int = 20_000
    seed: int = 0
    device: str = "auto"
    data: Path | None = None
    out: Path | None = None
    resume: bool = False
    log_every: int = 20
    sample_every: int = 1000
    checkpoint_every: int = 1000
    tensorboard: bool = False

    def __post_init__(self) -> None:
        """Check every value, before any work starts."""
        for name in ("data", "out"):
            if isinstance(getattr(self, name), str):  # what one types in a notebook
                object.__setattr__(self, name, Path(getattr(self, name)))
        for name in ("latent_dim", "width", "batch_size", "critic_steps", "train_images", "steps", "log_every",
                     "sample_every", "checkpoint_every"):  # fmt: skip
            value = getattr(self, name)
            _require(isinstance(value, int) and value >= 1, name, value, "expected a whole number, at least 1")
        _require(self.batch_size >= 2, "batch_size", self.batch_size, "the generator's batch norm needs at least 2")
        _require(self.objective in OBJECTIVES, "objective", self.objective, f"expected one of {', '.join(OBJECTIVES)}")
        _require(self.network in ("mlp", "conv"), "network", self.network, "expected mlp or conv")
        _require(self.optimizer in ("adam", "rmsprop"), "optimizer", self.optimizer, "expected adam or rmsprop")
        rate = self.learning_rate
        _require(0 < rate < math.inf, "learning_rate", rate, "expected a positive number, for example 1e-4")
        _require(len(self.betas) == 2 and all(0 <= beta < 1 for beta in self.betas), "betas", self.betas,
                 "expected two numbers in [0, 1)")  # fmt: skip
        if self.clip is not None:
            _require(0 < self.clip < math.inf, "clip", self.clip, "the bound c must be positive; WGAN uses 0.01")
        if self.penalty is not None:
            _require(0 <= self.penalty < math.inf, "penalty", self.penalty, "λ must not be negative; WGAN-GP uses 10")
        _require(not (self.penalty and self.batch_norm), "batch_norm", self.batch_norm,
                 "a gradient penalty needs a critic without batch norm, which mixes the examples")  # fmt: skip
        _require(not (self.clip and self.batch_norm), "batch_norm", self.batch_norm,
                 "clipping would clamp the scale of batch norm, too; use a critic without it")  # fmt: skip
        _require(
            self.network == "conv" or not self.batch_norm, "batch_norm", self.batch_norm, "only conv has the choice"
        )
        _require(bool(self.penalty) or not self.one_sided, "one_sided", self.one_sided, "there is no penalty to change")
        _require(isinstance(self.seed, int) and 0 <= self.seed < 2**32, "seed", self.seed,
                 "expected a whole number, at least 0 and below 2**32")  # fmt: skip
        _require(not self.resume or self.out is not None, "resume", self.resume, "say with `out` which run to resume")
        resolve_device(self.device)

    def identity(self) -> dict[str, Any]:
        """Return the settings that a run cannot change half-way: all but its length and its bookkeeping."""
        return {key: value for key, value in self.to_json().items() if key not in _BOOKKEEPING}

    def to_json(self) -> dict[str, Any]:
        """Return the settings without those that name places on this machine."""
        settings = dataclasses.asdict(self) | {"betas": list(self.betas)}
        return {key: value for key, value in settings.items() if key not in ("data", "out", "resume")}

    @classmethod
    def from_json(cls, settings: dict[str, Any], **changes: Any) -> "Config":
        """Undo `to_json`."""
        return cls(**settings | {"betas": tuple(settings["betas"])} | changes)


def resolve_device(device: str) -> torch.device:
    """Return the torch device that `device` names; "auto" is the GPU where there is one.

    Raises
    ------
    ValueError
        If there is no such device on this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError:
        resolved = torch.device("meta")
    _require(resolved.type in ("cpu", "cuda"), "device", device, "expected auto, cpu or cuda")
    _require(resolved.type == "cpu" or torch.cuda.is_available(), "device", device,
             "torch finds no GPU on this machine; use cpu, or auto for whatever is there")  # fmt: skip
    return resolved


def _require(condition: bool, name: str, value: Any, expected: str) -> None:
    if not condition:
        raise ValueError(f"{name} = {value!r}: {expected}")


_BOOKKEEPING = ("name", "steps", "device", "log_every", "sample_every", "checkpoint_every", "tensorboard")

# Hyperparameters with the place they come from; the appendix "Recipes" shows them side by side.
_GAN = Config(  # [3] section 4: Adam 2e-4 with β₁ = 0.5, mini-batches of 128
    name="gan", objective="non-saturating", penalty=None, batch_size=128, critic_steps=1, learning_rate=2e-4,
    betas=(0.5, 0.999),
)  # fmt: skip
_WGAN_CLIP = Config(  # [2] Algorithm 1: RMSProp 5e-5, c = 0.01, m = 64, n_critic = 5
    name="wgan-clip", penalty=None, clip=0.01, optimizer="rmsprop", learning_rate=5e-5
)
_WGAN_GP = Config(name="wgan-gp")  # [1] Algorithm 1: Adam 1e-4 with β = (0, 0.9), λ = 10, n_critic = 5
PRESETS = {
    config.name: config
    for config in (
        _GAN,
        _WGAN_CLIP,
        _WGAN_GP,
        dataclasses.replace(_GAN, name="gan-conv", network="conv", batch_norm=True),  # [3]: batch norm in both
        dataclasses.replace(_WGAN_CLIP, name="wgan-clip-conv", network="conv"),
        dataclasses.replace(_WGAN_GP, name="wgan-gp-conv", network="conv"),  # [1] section 4: none in the critic
    )
}


def preset(name: str, **changes: Any) -> Config:
    """Return the preset called `name`, with some settings changed.

    Raises
    ------
    ValueError
        If there is no such preset, or a setting is wrong.
    """
    if name not in PRESETS:
        raise ValueError(f"preset = {name!r}: there is no such preset; there are {', '.join(PRESETS)}")
    return dataclasses.replace(PRESETS[name], **changes)


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
        What to learn from; all 60,000 training images if left out.

    Attributes
    ----------
    generator, critic : nn.Module
        The two players, on `device`.
    steps_done : int
        Critic steps made so far.
    rows : list of dict
        What metrics.csv holds.

    Raises
    ------
    ValueError
        If `out` holds another run, or the checkpoint to resume from is damaged or of another configuration.
    """

    def __init__(self, config: Config, images: Tensor | None = None) -> None:
        self.config = config
        self.device = resolve_device(config.device)
        self.objective = OBJECTIVES[config.objective]
        self.generator, self.critic = (network.to(self.device) for network in build(config))
        self.generator_optimizer = self._optimizer(self.generator)
        self.critic_optimizer = self._optimizer(self.critic)
        self.rng = networks.random_stream(config.seed, "training", self.device)
        self.fixed_latent = networks.noise(GRID, config.latent_dim, config.seed).to(self.device)
        self.steps_done = 0
        self.generator_loss = self.validation_claim = torch.tensor(math.nan)
        self.rows: list[dict[str, float]] = []
        self.seconds = 0.0  # of training, earlier sessions included
        self.images = (mnist.images(data=config.data) if images is None else images)[: config.train_images]
        self.images = self.images.to(self.device)
        self.unseen = mnist.images("test", data=config.data, device=self.device)
        if config.out is not None:
            self._open(config.out)

    def step(self) -> CriticStep:
        """Make one critic step and, after every `critic_steps` of them, one generator step."""
        config = self.config
        which = torch.randint(len(self.images), (config.batch_size,), generator=self.rng, device=self.device)
        real = mnist.scale(self.images[which])
        with torch.no_grad():
            fake = self.generator(self._noise())
            if (self.steps_done + 1) % config.log_every == 0:
                self.validation_claim = self._validate(fake)
        seen = critic_step(
            self.critic, self.critic_optimizer, real, fake, objective=self.objective,
            clip=config.clip, penalty=config.penalty, one_sided=config.one_sided, rng=self.rng,
        )  # fmt: skip
        self.steps_done += 1
        if self.steps_done % config.critic_steps == 0:
            self.generator_loss = generator_step(
                self.generator, self.generator_optimizer, self.critic, self._noise(), objective=self.objective
            )
        return seen

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
        config = self.config
        listeners = [listen for listen in (on_log, self._tensorboard()) if listen is not None]
        started, last = time.perf_counter() - self.seconds, (time.perf_counter(), self.steps_done)
        progress = tqdm(total=config.steps, initial=self.steps_done, unit="step", disable=None)
        with _interrupts() as interrupted, progress:
            while self.steps_done < config.steps and not interrupted:
                seen = self.step()
                progress.update()
                log = self.steps_done % config.log_every == 0
                if log or self.device.type == "cpu":  # on a GPU, looking at the loss at each step would stall it
                    self._check_finite(seen.loss)
                if log:
                    now = time.perf_counter()
                    speed = (self.steps_done - last[1]) * config.batch_size / (now - last[0])
                    last = now, self.steps_done
                    row = self._log(seen, speed)
                    progress.set_postfix_str(f"{speed:.0f} images/s, {self._claim_name()} {float(seen.claim):.3f}")
                    for listen in listeners:
                        listen(row)
                self.seconds = time.perf_counter() - started
                self._save_if_due(stopping=self.steps_done == config.steps or bool(interrupted))
        if interrupted and config.out is not None:
            print(f"Stopped after step {self.steps_done}. The same command with --out {config.out} --resume goes on.")
        return self.rows

    def sample(self, latent: Tensor | None = None) -> Tensor:
        """Return generated images (n, 1, 28, 28) in [-1, 1], from the run's fixed noise or from `latent`."""
        return networks.sample(self.generator, self.fixed_latent if latent is None else latent.to(self.device))

    def _validate(self, fake: Tensor) -> Tensor:
        """Return what the critic claims of `fake` and of test digits it never learns from, other ones at each call."""
        batches = self.unseen.split(self.config.batch_size)
        real = mnist.scale(batches[self.steps_done // self.config.log_every % len(batches)])
        return self.objective.claim(self.objective.critic_loss(self.critic(real), self.critic(fake)))

    def _noise(self) -> Tensor:
        shape = (self.config.batch_size, self.config.latent_dim)
        return torch.randn(shape, generator=self.rng, device=self.device)

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return the optimiser of `network`. Fused: one pass over the weights in place of a dozen."""
        if self.config.optimizer == "adam":
            return torch.optim.Adam(
                network.parameters(), self.config.learning_rate, betas=self.config.betas, fused=True
            )
        return torch.optim.RMSprop(network.parameters(), self.config.learning_rate)

    def _claim_name(self) -> str:
        return "W" if self.config.objective == "wasserstein" else "JS"

    def _log(self, seen: CriticStep, speed: float) -> dict[str, float]:
        wasserstein = self.config.objective == "wasserstein"
        values = (
            self.steps_done,
            float(seen.loss),
            float(self.generator_loss),
            float(seen.claim) if wasserstein else math.nan,
            math.nan if wasserstein else float(seen.claim),
            float(self.validation_claim),
            round(speed, 1),
        )
        self.rows.append(dict(zip(COLUMNS, values, strict=True)))
        return self.rows[-1]

    def _check_finite(self, critic_loss: Tensor) -> None:
        losses = {"the critic's loss": critic_loss}
        if self.steps_done >= self.config.critic_steps:  # there is none before
            losses["the generator's loss"] = self.generator_loss
        for name, loss in losses.items():
            if not math.isfinite(float(loss)):
                raise self._diverged(f"{name} is {float(loss)}")

    def _check_weights(self) -> None:
        """Keep a last step that broke the weights, though its losses were finite, out of the checkpoint."""
        for player in (self.generator, self.critic):
            if not all(bool(torch.isfinite(weight).all()) for weight in player.parameters()):
                raise self._diverged("a weight is NaN or infinite")

    def _diverged(self, what: str) -> Diverged:
        out = self.config.out
        kept = f" The last checkpoint in {out} is intact." if out and (out / "checkpoint.safetensors").exists() else ""
        return Diverged(
            f"{what} at step {self.steps_done}. Likely causes: a learning rate that is too high (here "
            f"{self.config.learning_rate:g}), a critic with neither clipping nor a penalty, or pixels that are not in "
            f"[-1, 1].{kept}"
        )

    # Files: what is in `out`, and how it gets there. Checkpoint last, so that all it stands for is already on disk.

    def _open(self, out: Path) -> None:
        """Take possession of `out`: start a run there, or continue the one it holds."""
        settings = out / "config.json"
        if not self.config.resume:
            _require(not settings.exists(), "out", str(out),
                     "this directory already holds a run; continue it with --resume, or choose another")  # fmt: skip
        elif settings.exists():
            self._check_same_run(read_settings(settings), settings)
        if self.config.resume and (out / "checkpoint.safetensors").exists():
            self._restore(out / "checkpoint.safetensors")
            _require(self.steps_done <= self.config.steps, "steps", self.config.steps,
                     f"the run in {out} has made {self.steps_done} already; ask for at least as many")  # fmt: skip
        for folder in ("samples", "snapshots"):
            (out / folder).mkdir(parents=True, exist_ok=True)
        checkpoints.write_atomically(settings, json.dumps(self.config.to_json(), indent=2) + "\n")

    def _check_same_run(self, stored: dict[str, Any], path: Path) -> None:
        for name, value in self.config.identity().items():
            _require(stored.get(name) == value, name, value,
                     f"the run to resume has {stored.get(name)!r} ({path}); use that or another `out`")  # fmt: skip

    def _save_if_due(self, stopping: bool) -> None:
        config, step, out = self.config, self.steps_done, self.config.out
        if out is None:
            return
        save = step % config.checkpoint_every == 0 or stopping
        if save:
            self._check_weights()
        if step % config.sample_every == 0 or step == config.steps:
            grid = Image.fromarray(mnist.grid(self.sample()))
            checkpoints.write_atomically(out / "samples" / f"{step:08d}.png", _image_bytes([grid], "png"))
            checkpoints.save(
                out / "snapshots" / f"{step:08d}.safetensors", networks.halved(self.generator.state_dict())
            )
        if stopping:
            self._save_gif(out)
            facts = {"hardware": hardware(self.device), "torch": torch.__version__, "date": time.strftime("%Y-%m-%d"),
                     "steps": step, "seconds": round(self.seconds, 1)}  # fmt: skip
            checkpoints.write_atomically(out / "run.json", json.dumps(facts, indent=2) + "\n")
        if save:
            checkpoints.save(out / "generator.safetensors", self.generator.state_dict(), step=step)
            checkpoints.write_atomically(out / "metrics.csv", _csv(self.rows))
            self._save_checkpoint(out / "checkpoint.safetensors")

    def _save_gif(self, out: Path) -> None:
        """Write samples.gif: the same hundred latents from the first grid to this step's."""
        paths = [path for path in sorted((out / "samples").glob("*.png")) if int(path.stem) <= self.steps_done]
        if paths:
            frames = [Image.open(path) for path in paths]
            checkpoints.write_atomically(out / "samples.gif", _image_bytes(frames, "gif", duration=200, loop=0))

    def _save_checkpoint(self, path: Path) -> None:
        """Write all that the next step depends on; `rng` is the one source of randomness that a run draws from."""
        tensors = {
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "generator_optimizer": self.generator_optimizer.state_dict()["state"],
            "critic_optimizer": self.critic_optimizer.state_dict()["state"],
            "rng": self.rng.get_state(),
            "generator_loss": self.generator_loss,
        }
        checkpoints.save(path, tensors, step=self.steps_done, seconds=self.seconds, device=self.device.type,
                         config=self.config.identity())  # fmt: skip

    def _restore(self, path: Path) -> None:
        """Undo `_save_checkpoint`."""
        tensors, facts = checkpoints.load(path)
        self._check_same_run(facts["config"], path)
        _require(facts["device"] == self.device.type, "device", self.device.type,
                 f"the run to resume was made on {facts['device']}, whose random numbers end there")  # fmt: skip
        self.generator.load_state_dict(tensors["generator"])
        self.critic.load_state_dict(tensors["critic"])
        _restore_optimizer(self.generator_optimizer, tensors.get("generator_optimizer", {}))
        _restore_optimizer(self.critic_optimizer, tensors.get("critic_optimizer", {}))
        self.rng.set_state(tensors["rng"])
        self.generator_loss = tensors["generator_loss"]
        self.steps_done, self.seconds = facts["step"], facts["seconds"]
        self.rows = [row for row in read_metrics(path.with_name("metrics.csv")) if row["step"] <= self.steps_done]

    def _tensorboard(self) -> Callable[[dict[str, float]], None] | None:
        """Return what writes a row of metrics to TensorBoard, if that is asked for."""
        if not self.config.tensorboard or self.config.out is None:
            return None
        from torch.utils.tensorboard import SummaryWriter  # imported here: it is slow, and not on every machine

        writer = SummaryWriter(str(self.config.out / "tensorboard"), purge_step=self.steps_done + 1)

        def write(row: dict[str, float]) -> None:
            for name in COLUMNS[1:]:
                if not math.isnan(row[name]):
                    writer.add_scalar(name, row[name], row["step"])
            writer.flush()

        return write


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings in a config.json.

    Raises
    ------
    ValueError
        If the file does not hold the settings of a run.
    """
    try:
        settings = json.loads(path.read_text())
        Config.from_json(settings, device="auto")
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} does not hold the settings of a run: it is truncated or altered ({error})") from error
    return settings


def read_metrics(path: Path) -> list[dict[str, float]]:
    """Return the rows of a metrics.csv."""
    with open(path, newline="") as file:
        return [{name: int(value) if name == "step" else float(value) for name, value in row.items()}
                for row in csv.DictReader(file)]  # fmt: skip


def hardware(device: torch.device) -> str:
    """Return what the run ran on, in words: the GPU's name, or the processor's and the number of threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    threads = torch.get_num_threads()
    return f"{names[0] if names else platform.machine()}, {threads} thread{'s' if threads > 1 else ''}"


def _restore_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    numbered = {int(index): moments for index, moments in state.items()}
    optimizer.load_state_dict(optimizer.state_dict() | {"state": numbered})


def _csv(rows: list[dict[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _image_bytes(frames: list[Image.Image], kind: str, **options: Any) -> bytes:
    """Return one picture, or an animation of several, as the bytes of a file."""
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=len(frames) > 1, append_images=frames[1:], **options)
    return buffer.getvalue()


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM in a list in place of acting on them, so that a step is never cut in two.

    A second one acts at once. Off the main thread, where Python allows no handlers, signals act as always.
    """
    received: list[int] = []
    previous: dict[int, Any] = {}

    def note(number: int, frame: Any) -> None:
        received.append(number)
        for each, handler in previous.items():
            signal.signal(each, handler)

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.signal(number, note)
    except ValueError:
        pass
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
