"""What the reader gave: code, networks and data, completed where a small problem can stand in."""

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from wgan_lib import networks, toy

CODE = ("critic_step", "generator_step", "loop", "critic", "generator", "distance")
RULES = ("penalty", "one-sided", "r1", "clip", "spectral", "none")


class Skip(Exception):
    """What is missing for a check."""


@dataclass
class Case:
    """What the reader gave, completed where a small problem can stand in."""

    critic_step: Callable[..., Any] | None
    generator_step: Callable[..., Any] | None
    loop: Callable[..., Any] | None
    rule: str
    c: float | None
    critic: nn.Module | None
    generator: nn.Module | None
    real: Tensor | None
    latent: Tensor | None
    labels: Tensor | None
    distance: Callable[[Tensor, Tensor], float] | None
    critic_steps: int

    def __post_init__(self) -> None:
        self._check()
        if self.real is None:
            self.real = toy.eight_gaussians(64, toy.rng(0))
        _check_batch("real", self.real)
        self.real = self.real.detach()
        if self.latent is None:
            self.latent = torch.randn(len(self.real), 2, generator=toy.rng(1))
        _check_batch("latent", self.latent, len(self.real))
        self.tail = self._score_shape()

    def _check(self) -> None:
        """Name the first argument that cannot be used."""
        given = {name: getattr(self, name) for name in CODE if getattr(self, name) is not None}
        if not given:
            choice = "critic_step, generator_step, loop, a network or distance"
            raise ValueError(f"nothing to examine: give {choice}")
        for name, value in given.items():
            if not callable(value):
                raise ValueError(f"{name} = {value!r}: expected a function, or a network")
        if self.loop is not None and (self.critic_step or self.generator_step):
            raise ValueError("loop and steps are both given: expected one of them")
        if self.rule not in RULES:
            raise ValueError(f"rule = {self.rule!r}: expected one of {', '.join(RULES)}")
        if self.rule == "clip" and not (self.c is not None and 0 < self.c < math.inf):
            raise ValueError(f"c = {self.c}: the rule 'clip' needs its bound, a positive number")
        if not (isinstance(self.critic_steps, int) and self.critic_steps > 0):
            raise ValueError(
                f"critic_steps = {self.critic_steps!r}: expected a whole number, at least 1"
            )

    def _score_shape(self) -> tuple[int, ...]:
        """Return the shape of one score, () or (1,), as the reader's critic gives it."""
        if self.critic is None:
            return ()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            scores = copy.deepcopy(self.critic)(self.real, *self.condition)
        if scores.numel() != len(self.real):
            shape = f"critic gives shape {tuple(scores.shape)} on {len(self.real)} examples"
            raise ValueError(f"{shape}: expected one score for each")
        return tuple(scores.shape[1:])

    @property
    def condition(self) -> tuple[Tensor, ...]:
        """What networks and steps get behind their other arguments: labels, if there are any."""
        return () if self.labels is None else (self.labels,)

    def players(self) -> tuple[nn.Module, nn.Module]:
        """Return copies of the reader's networks, or small ones that fit the data."""
        size = self.real[0].numel()
        latent_size = self.latent[0].numel()
        # Together, for they may share a layer
        critic, generator = copy.deepcopy((self.critic, self.generator))
        if critic is None:
            critic = Plain(nn.Flatten(), networks.toy_critic(size, 64))
        if generator is None:
            small = networks.toy_generator(latent_size, size, 32)
            generator = Plain(nn.Flatten(), small, nn.Unflatten(1, self.real.shape[1:]))
        return generator.train(), critic.train()

    def play(
        self,
        generator: nn.Module,
        critic: nn.Module,
        optimizers: Sequence[torch.optim.Optimizer],
        reals: Iterable[Tensor],
    ) -> None:
        """Run the reader's code on real batches; `optimizers`: the generator's, the critic's."""
        if self.loop is not None:
            loader = [(real, *self.condition) if self.condition else real for real in reals]
            self.loop(generator, critic, *optimizers, loader)
            return
        for real in reals:
            if self.critic_step is not None:
                with torch.no_grad():
                    fake = generator(self.latent, *self.condition)
                self.critic_step(critic, optimizers[1], real, fake, *self.condition)
        if self.generator_step is not None:
            self.generator_step(generator, optimizers[0], critic, self.latent, *self.condition)

    def need(self, *names: str) -> None:
        """Skip the check unless one of these was given."""
        if all(getattr(self, name) is None for name in names):
            raise Skip(f"not examined: give {' or '.join(names)}")


def _check_batch(name: str, batch: object, size: int | None = None) -> None:
    if not isinstance(batch, Tensor) or batch.dim() < 2 or len(batch) < 8:
        shown = tuple(batch.shape) if isinstance(batch, Tensor) else batch
        raise ValueError(
            f"{name} = {shown!r}: expected a batch of at least 8, a tensor of shape (n, ...)"
        )
    if size is not None and len(batch) != size:
        raise ValueError(f"{name} has {len(batch)} examples and real {size}: expected as many")


class Plain(nn.Sequential):
    """Layers that pay no heed to a condition."""

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        """Apply the layers to `x`."""
        return super().forward(x)
