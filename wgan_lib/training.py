r"""Training: the two steps of the game as functions, and a `Trainer` that runs them as a `Config` says.

Read `critic_step` and `generator_step` first: they are Algorithm 1 of WGAN-GP [1]_, and with `clip` in place of
`penalty` that of WGAN [2]_. All else is bookkeeping: files, resuming, and a progress bar. The settings are in
`settings`, the files in `rundir` and `checkpoints`, speed in `engine`, several processes in `parallel`.

References
----------
.. [1] Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028.
.. [2] Arjovsky, Chintala and Bottou (2017), Wasserstein GAN, arXiv:1701.07875.
"""

import copy
import importlib.util
import json
import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from wgan_lib import checkpoints, lipschitz, mnist, networks, parallel, randomness, rundir
from wgan_lib.engine import Recording, arithmetic
from wgan_lib.objectives import OBJECTIVES, Objective
from wgan_lib.rundir import COLUMNS, hardware, read_metrics, read_settings
from wgan_lib.settings import PRESETS, Config, preset, require, resolve_device

__all__ = ["COLUMNS", "PRESETS", "Config", "CriticStep", "Diverged", "Trainer", "build", "critic_step",
           "generator_step", "hardware", "preset", "read_metrics", "read_settings", "resolve_device"]  # fmt: skip
GRID = 100  # images in a sample grid
ENDS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]  # Ctrl-C, kill, closing


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
        Two scalars on the device: `loss` with the penalty, `claim` without.
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
        self.device = parallel.own_device(resolve_device(config.device))
        self._check_surroundings()
        self.objective = OBJECTIVES[config.objective]
        self.generator, self.critic = (network.to(self.device) for network in build(config))
        self.averaged = copy.deepcopy(self.generator) if config.average else self.generator
        self.generator_optimizer = self._optimizer(self.generator)
        self.critic_optimizer = self._optimizer(self.critic)
        self.rng = randomness.stream(config.seed, "training", self.device)
        self.fixed_latent = randomness.noise(GRID, config.latent_dim, config.seed).to(self.device)
        self.steps_done = 0
        self.generator_loss = self.validation_claim = torch.tensor(math.nan)
        self.rows: list[dict[str, float]] = []
        self.seconds = 0.0  # of training, earlier sessions included
        self.images = _pixels(mnist.images(data=config.data) if images is None else images)[: config.train_images]
        self.images = self.images.to(self.device)
        self.unseen = mnist.images("test", data=config.data, device=self.device)
        self.recording = self._recording()
        for network in (self.generator, self.critic):
            parallel.synchronise_batch_norm(network)
        self.stopped_by: int | None = None
        self.hold: rundir.Hold | None = None  # on `out`, from here to the end of `run`
        if config.out is not None:
            self._open(config.out)

    def step(self) -> CriticStep:
        """Make one critic step and, after every `critic_steps` of them, one generator step."""
        self._set_rates()
        step = self.steps_done + 1
        unseen = self._unseen(step) if step % self.config.log_every == 0 else None
        seen = self._turn(unseen, last=step % self.config.critic_steps == 0)
        self.steps_done = step
        return seen

    def advance(self) -> CriticStep:
        """Play the recording of a whole cycle where there is one that fits, and otherwise make one step."""
        if self.recording is None or not self._fits():
            return self.step()
        self._set_rates()
        self.steps_done += self.config.critic_steps
        if self.steps_done % self.config.log_every == 0:
            self.unseen_now.copy_(self._unseen(self.steps_done))
        seen, self.generator_loss, self.validation_claim = self.recording()
        return seen

    def cycle(self, unseen: Tensor | None) -> tuple[CriticStep, Tensor, Tensor]:
        """Make `critic_steps` critic steps and a generator step, and count nothing: the work that is recorded.

        Parameters
        ----------
        unseen : Tensor, shape (n, 1, 28, 28), uint8, optional
            Test digits for the last critic step's validation.

        Returns
        -------
        tuple of CriticStep, Tensor, Tensor
            What the last critic step saw, the generator's loss, and the critic's claim on `unseen`.
        """
        for turn in range(1, self.config.critic_steps + 1):
            last = turn == self.config.critic_steps
            seen = self._turn(unseen if last else None, last)
        return seen, self.generator_loss, self.validation_claim

    def _turn(self, unseen: Tensor | None, last: bool) -> CriticStep:
        """Make a critic step and, if it is the last of its cycle, a generator step: work for the device alone."""
        config, draw = self.config, {"generator": self.rng, "device": self.device}
        which = torch.randint(len(self.images), (config.batch_size,), **draw)
        real = mnist.scale(self.images[parallel.share(which)])
        with torch.no_grad(), arithmetic(config.precision, self.device):
            fake = self.generator(self._noise()).float()
            if unseen is not None:
                self.validation_claim = self._validate(unseen, fake)
        epsilon = parallel.share(torch.rand((config.batch_size, 1, 1, 1), **draw)) if config.penalty else None
        with arithmetic(config.precision, self.device):
            seen = critic_step(
                self.critic, self.critic_optimizer, real, fake, objective=self.objective,
                clip=config.clip, penalty=config.penalty, one_sided=config.one_sided, epsilon=epsilon,
            )  # fmt: skip
        if last:
            self._generator_turn()
        return CriticStep(parallel.mean(seen.loss), parallel.mean(seen.claim))

    def _generator_turn(self) -> None:
        with arithmetic(self.config.precision, self.device):
            loss = generator_step(
                self.generator, self.generator_optimizer, self.critic, self._noise(), objective=self.objective
            )
        self.generator_loss = parallel.mean(loss)
        if self.config.average:
            torch._foreach_lerp_(_numbers(self.averaged), _numbers(self.generator), 1 - self.config.average)

    def _set_rates(self) -> None:
        """Set the learning rates of the cycle that is under way, if they fall."""
        if not self.config.anneal:
            return
        begun = self.steps_done - self.steps_done % self.config.critic_steps
        rate = self.config.learning_rate * (1 - begun / self.config.steps)
        for optimizer in (self.generator_optimizer, self.critic_optimizer):
            for group in optimizer.param_groups:
                if isinstance(group["lr"], Tensor):  # in place, for the recording reads it there
                    group["lr"].fill_(rate)
                else:
                    group["lr"] = rate

    def _recording(self) -> Recording | None:
        """Return a recording of a cycle, still to be made, where the settings and the device allow one."""
        config = self.config
        if config.engine == "eager" or self.device.type != "cuda" or parallel.size() > 1:
            return None
        self.unseen_now = self.unseen[: config.batch_size].clone()
        return Recording(lambda: self.cycle(self.unseen_now), self.rng, or_play=config.engine == "auto")

    def _fits(self) -> bool:
        """Return whether a whole cycle comes next, with nothing to log or to save before its end."""
        config, end = self.config, self.steps_done + self.config.critic_steps
        every = (config.critic_steps, config.log_every, config.sample_every, config.checkpoint_every)
        undisturbed = all(self.steps_done // each == (end - 1) // each for each in every)
        whole = end % config.log_every != 0 or self._unseen(end).shape == self.unseen_now.shape
        return undisturbed and whole and end <= config.steps

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
        out = self.config.out
        with _interrupts() as interrupted, self.hold or nullcontext():
            self._loop([listen for listen in (on_log, self._tensorboard()) if listen is not None], interrupted)
        if self.steps_done < self.config.steps:
            self.stopped_by = interrupted[0] if interrupted else signal.SIGINT  # which another process had
            if out is not None and not parallel.rank():
                with suppress(OSError):  # the terminal may be what is gone
                    print(f"Stopped after step {self.steps_done}. The same command with --out {out} --resume goes on.")
        return self.rows

    def _loop(self, listeners: list[Callable[[dict[str, float]], None]], interrupted: list[int]) -> None:
        """Train until the end or an interrupt, of which several processes hear at the next row only."""
        config, stop, logged = self.config, bool(interrupted), (time.perf_counter(), self.steps_done)
        started = time.perf_counter() - self.seconds
        quiet = True if parallel.rank() else None  # None: unless there is a terminal
        with tqdm(total=config.steps, initial=self.steps_done, unit="step", disable=quiet) as progress:
            while self.steps_done < config.steps and not stop:
                seen = self.advance()
                progress.update(self.steps_done - progress.n)
                log = self.steps_done % config.log_every == 0
                if log or self.device.type == "cpu":  # on a GPU, looking at the loss at each step would stall it
                    self._check_finite(seen.loss)
                if log:
                    row, logged = self._log(seen, *logged), (time.perf_counter(), self.steps_done)
                    progress.set_postfix_str(f"{row['images_per_second']:.0f} images/s, claim {float(seen.claim):.3f}")
                    for listen in listeners:
                        listen(row)
                if log or parallel.size() == 1:
                    stop = parallel.anywhere(bool(interrupted), self.device)
                self.seconds = time.perf_counter() - started
                self._save_if_due(stopping=stop or self.steps_done == config.steps)

    def sample(self, latent: Tensor | None = None) -> Tensor:
        """Return generated images (n, 1, 28, 28) in [-1, 1], from the run's fixed noise or from `latent`."""
        return networks.sample(self.averaged, self.fixed_latent if latent is None else latent.to(self.device))

    def hardware(self) -> str:
        """Return what the run runs on, in words."""
        processes = f"{parallel.size()} × " if parallel.size() > 1 else ""
        return processes + hardware(self.device)

    def _unseen(self, step: int) -> Tensor:
        """Return test digits that the critic never learns from, other ones for each row."""
        batches = self.unseen.split(self.config.batch_size)
        return batches[(step // self.config.log_every - 1) % len(batches)]

    def _validate(self, unseen: Tensor, fake: Tensor) -> Tensor:
        """Return what the critic claims of `fake` and of digits that it does not learn from."""
        scores = self.critic(mnist.scale(unseen)).float(), self.critic(fake).float()
        return parallel.mean(self.objective.estimate(self.objective.critic_loss(*scores)))

    def _noise(self) -> Tensor:
        shape = (self.config.batch_size, self.config.latent_dim)
        return parallel.share(torch.randn(shape, generator=self.rng, device=self.device))

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Return the optimiser of `network`. Fused: one pass over the weights in place of a dozen."""
        config, graph = self.config, self.device.type == "cuda"  # whose steps and rates a recording reads on the GPU
        rate = (
            torch.tensor(config.learning_rate, device=self.device) if graph and config.anneal else config.learning_rate
        )
        if config.optimizer == "adam":
            adam = torch.optim.Adam(network.parameters(), rate, betas=config.betas, fused=True, capturable=graph)
            parallel.average_gradients(adam)
            return adam
        rmsprop = torch.optim.RMSprop(network.parameters(), rate, foreach=graph, capturable=graph)
        parallel.average_gradients(rmsprop)
        return rmsprop

    def _log(self, seen: CriticStep, then: float, steps_then: int) -> dict[str, float]:
        """Add a row to the metrics; the speed is since the time `then`, when `steps_then` steps were made."""
        wasserstein = self.config.objective == "wasserstein"
        values = (
            self.steps_done,
            float(seen.loss),
            float(self.generator_loss),
            float(seen.claim) if wasserstein else math.nan,
            math.nan if wasserstein else float(seen.claim),
            float(self.validation_claim),
            round((self.steps_done - steps_then) * self.config.batch_size / (time.perf_counter() - then), 1),
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
        """Keep a step that broke something which lasts, though its losses were finite, out of what is written."""
        for name, tensor in checkpoints.flatten(self._state()).items():
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise self._diverged(f"{name} is NaN or infinite")

    def _diverged(self, what: str) -> Diverged:
        out = self.config.out
        kept = f" The last checkpoint in {out} is intact." if out and (out / rundir.CHECKPOINT).exists() else ""
        return Diverged(
            f"{what} at step {self.steps_done}. Likely causes: a learning rate that is too high (here "
            f"{self.config.learning_rate:g}), a critic with neither clipping nor a penalty, or pixels that are not in "
            f"[-1, 1].{kept}"
        )

    # Files: what is in `out`, and how it gets there. Checkpoint first: all else can be made anew from it.

    def _check_surroundings(self) -> None:
        config, processes = self.config, parallel.size()
        require(config.batch_size % processes == 0 and config.batch_size > processes, "batch_size", config.batch_size,
                f"{processes} processes share each batch equally, and an example each is too few")  # fmt: skip
        require(config.engine != "graph" or (self.device.type == "cuda" and processes == 1), "engine", config.engine,
                "a graph is recorded on a GPU, by one process; use auto or eager")  # fmt: skip
        require(not config.tensorboard or importlib.util.find_spec("tensorboard") is not None, "tensorboard", True,
                "the package is not installed; `pip install tensorboard`, or leave this out")  # fmt: skip

    def _open(self, out: Path) -> None:
        """Take possession of `out`: start a run there, or continue the one it holds. The first process writes."""
        if parallel.rank() == 0:
            self.hold = rundir.Hold(out)
            with rundir.writing(out):
                out.mkdir(parents=True, exist_ok=True)
                self.hold.__enter__()
            try:
                self._begin_or_resume(out)
            except BaseException:
                self.hold.release()
                raise
        parallel.wait()
        if parallel.rank() and self.config.resume and (out / rundir.CHECKPOINT).exists():
            self._restore(out / rundir.CHECKPOINT)

    def _begin_or_resume(self, out: Path) -> None:
        settings, stored = out / "config.json", None
        resuming = rundir.to_resume(out, self.config.resume)
        if resuming:
            if settings.exists():
                stored = read_settings(settings)
                rundir.same_run(stored, self.config, settings)
            self._restore(out / rundir.CHECKPOINT)
            require(self.steps_done <= self.config.steps, "steps", self.config.steps,
                    f"the run in {out} has made {self.steps_done} already; ask for at least as many")  # fmt: skip
        with rundir.writing(out):
            for folder in ("samples", "snapshots"):
                (out / folder).mkdir(exist_ok=True)
            if stored is not None and stored["steps"] != self.config.steps and stored["steps"] % stored["sample_every"]:
                for path in out.glob(f"s*s/{stored['steps']:08d}.*"):  # made because it was the last; it is no more
                    path.unlink()
            checkpoints.write_atomically(settings, json.dumps(self.config.to_json(), indent=2) + "\n")
            if resuming:
                self._complete(out)

    def _save_if_due(self, stopping: bool) -> None:
        out = self.config.out
        if out is None:
            return
        save, draw = self.steps_done % self.config.checkpoint_every == 0 or stopping, self._grid_is_due()
        if save or draw:
            self._check_weights()
        if parallel.rank():
            return
        with rundir.writing(out):
            if save:
                self._save_checkpoint(out / rundir.CHECKPOINT)
            if draw:
                self._save_grid(out)
            if save:
                self._save_results(out)
            if stopping:
                self._save_summary(out)

    def _complete(self, out: Path) -> None:
        """Make what was lost, or never written, of all that belongs to the checkpoint this run was resumed from."""
        if self._grid_is_due() and rundir.picture(out / "samples" / f"{self.steps_done:08d}.png") is None:
            self._save_grid(out)
        self._save_results(out)
        if self.steps_done == self.config.steps and not rundir.finished(out, self.steps_done):
            self._save_summary(out)

    def _grid_is_due(self) -> bool:
        return self.steps_done % self.config.sample_every == 0 or self.steps_done == self.config.steps

    def _save_grid(self, out: Path) -> None:
        """Write a picture of the fixed latents, and the generator that made it, in half precision."""
        name, weights = f"{self.steps_done:08d}", networks.halved(self.averaged.state_dict())
        self._save_generator(out / "snapshots" / f"{name}.safetensors", weights)
        checkpoints.write_atomically(out / "samples" / f"{name}.png", rundir.png(mnist.grid(self.sample())))

    def _save_results(self, out: Path) -> None:
        self._save_generator(out / "generator.safetensors", self.averaged.state_dict())
        rundir.write_metrics(out / "metrics.csv", self.rows)

    def _save_generator(self, path: Path, weights: dict[str, Tensor]) -> None:
        """Write weights with the run that they belong to, so that no other takes them for its own."""
        checkpoints.save(path, weights, step=self.steps_done, config=self.config.identity())

    def _save_summary(self, out: Path) -> None:
        """Write samples.gif, the same hundred latents from the first grid to this step's, and run.json."""
        grids = rundir.numbered(out / "samples", ".png")
        film = rundir.gif([path for step, path in grids.items() if step <= self.steps_done])
        if film is not None:
            checkpoints.write_atomically(out / "samples.gif", film)
        facts = {"hardware": self.hardware(), "torch": torch.__version__, "date": time.strftime("%Y-%m-%d"),
                 "steps": self.steps_done, "seconds": round(self.seconds, 1)}  # fmt: skip
        checkpoints.write_atomically(out / "run.json", json.dumps(facts, indent=2) + "\n")

    def _state(self) -> dict[str, Any]:
        """Return the numbers that the next step depends on, but for the source of randomness."""
        players = {
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "generator_optimizer": self.generator_optimizer.state_dict()["state"],
            "critic_optimizer": self.critic_optimizer.state_dict()["state"],
        }
        return players | ({"averaged": self.averaged.state_dict()} if self.config.average else {})

    def _save_checkpoint(self, path: Path) -> None:
        """Write all that the next step depends on; `rng` is the one source of randomness that a run draws from."""
        tensors = self._state() | {
            "rng": self.rng.get_state(),
            "generator_loss": self.generator_loss,
            "rows": rundir.to_tensor(self.rows),
        }
        checkpoints.save(path, tensors, step=self.steps_done, seconds=self.seconds, device=self.device.type,
                         config=self.config.identity(), made_on=self._made_on())  # fmt: skip

    def _made_on(self) -> str:
        return f"{self.hardware()}, torch {torch.__version__}"

    def _restore(self, path: Path) -> None:
        """Undo `_save_checkpoint`."""
        tensors, facts = checkpoints.load(path)
        with rundir.understood(path):
            rundir.same_run(facts["config"], self.config, path)
            require(facts["device"] == self.device.type, "device", self.device.type,
                    f"the run to resume was made on {facts['device']}, whose random numbers end there")  # fmt: skip
            self.steps_done, self.seconds = facts["step"], facts["seconds"]
            self.generator.load_state_dict(tensors["generator"])
            self.critic.load_state_dict(tensors["critic"])
            if self.config.average:
                self.averaged.load_state_dict(tensors["averaged"])
            generator_steps = self.steps_done // self.config.critic_steps
            _restore_optimizer(self.generator_optimizer, tensors, "generator_optimizer", generator_steps)
            _restore_optimizer(self.critic_optimizer, tensors, "critic_optimizer", self.steps_done)
            self.rng.set_state(tensors["rng"])
            self.generator_loss, self.rows = tensors["generator_loss"], rundir.from_tensor(tensors["rows"])
            if facts["made_on"] != self._made_on() and not parallel.rank():
                print(f"Note: this run was made on {facts['made_on']}, and goes on on {self._made_on()}: "
                      "its last digits will not be those of an uninterrupted run.")  # fmt: skip

    def _tensorboard(self) -> Callable[[dict[str, float]], None] | None:
        """Return what writes a row of metrics to TensorBoard, if that is asked for."""
        if not self.config.tensorboard or self.config.out is None or parallel.rank():
            return None
        from torch.utils.tensorboard import SummaryWriter  # imported here: it is slow, and not on every machine

        writer = SummaryWriter(str(self.config.out / "tensorboard"), purge_step=self.steps_done + 1)

        def write(row: dict[str, float]) -> None:
            for name in COLUMNS[1:]:
                if not math.isnan(row[name]):
                    writer.add_scalar(name, row[name], row["step"])
            writer.flush()

        return write


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


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Any], name: str, steps: int) -> None:
    """Give `optimizer` the moments that `tensors` hold under `name`; before its first step it has none."""
    numbered = {int(index): moments for index, moments in tensors.get(name, {}).items()}
    parameters = optimizer.param_groups[0]["params"]
    names = {"exp_avg", "exp_avg_sq", "step"} if isinstance(optimizer, torch.optim.Adam) else {"square_avg", "step"}
    for index, parameter in enumerate(parameters if steps else ()):
        for moment in names:
            if numbered[index][moment].shape not in (parameter.shape, ()):
                raise TypeError(f"{name}/{index}/{moment} has another shape than its weight")
    optimizer.load_state_dict(optimizer.state_dict() | {"state": numbered})


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect signals that ask to end in a list in place of acting on them, so that a step is never cut in two.

    A second one acts at once, and one that is ignored, as by `nohup` or in the background, stays so. Off the main
    thread, where Python allows no handlers, signals act as always.
    """
    received: list[int] = []
    previous: dict[int, Any] = {}

    def note(number: int, frame: Any) -> None:
        received.append(number)
        for each, handler in previous.items():
            signal.signal(each, handler)

    try:
        for number in ENDS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None: not Python's to give back
                previous[number] = signal.signal(number, note)
    except ValueError:
        pass
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
