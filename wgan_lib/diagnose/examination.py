"""An examination: every promise that can be held against what was given, one after the other."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from wgan_lib.diagnose.case import Case, Skip
from wgan_lib.diagnose.promises import PROMISES
from wgan_lib.diagnose.report import Finding, Report


def examine(
    critic_step: Callable[..., Any] | None = None,
    generator_step: Callable[..., Any] | None = None,
    *,
    loop: Callable[..., Any] | None = None,
    rule: str = "penalty",
    c: float | None = None,
    critic: nn.Module | None = None,
    generator: nn.Module | None = None,
    real: Tensor | None = None,
    latent: Tensor | None = None,
    labels: Tensor | None = None,
    distance: Callable[[Tensor, Tensor], float] | None = None,
    critic_steps: int = 5,
) -> Report:
    r"""Examine training code, networks and data, whatever of them is given. Chapter 15 shows how.

    Parameters
    ----------
    critic_step : callable, optional
        ``critic_step(critic, optimizer, real, fake)`` makes one step of the critic.
    generator_step : callable, optional
        ``generator_step(generator, optimizer, critic, latent)`` makes one step of the generator.
    loop : callable, optional
        In place of the two, a whole training loop: ``loop(generator, critic, generator_optimizer,
        critic_optimizer, loader)``, where the loader is a list of real batches; with `labels`, of
        pairs (batch, labels).
    rule : str
        What is meant to hold the critic's slope: penalty, one-sided, r1, clip, spectral or none.
    c : float, optional
        The bound of rule "clip".
    critic, generator : nn.Module, optional
        The reader's networks. They are copied, and left as they are.
    real : Tensor, shape (n, ...), optional
        A batch of training data; 64 points of eight Gaussians, (64, 2), if left out.
    latent : Tensor, shape (n, ...), optional
        A batch of the generator's noise; standard normal, (n, 2), if left out.
    labels : Tensor, shape (n, ...), optional
        The condition, if there is one: the networks are called as ``generator(latent, labels)`` and
        ``critic(x, labels)``, and the steps get ``labels`` as a last argument.
    distance : callable, optional
        What is reported as W between two batches of points (n, 2).
    critic_steps : int
        Critic steps to one generator step that are meant.

    Returns
    -------
    Report
        Print it. `broken` names the promises that are not kept.

    Raises
    ------
    ValueError
        If there is nothing to examine, or an argument is not what is expected; with its value, in
        one line.

    Examples
    --------
    >>> def critic_step(critic, optimizer, real, fake):
    ...     loss = critic(real).mean() - critic(fake).mean()  # the wrong way round
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    >>> examine(critic_step, rule="none").broken
    ['signs']
    """
    case = Case(
        critic_step,
        generator_step,
        loop,
        rule,
        c,
        critic,
        generator,
        real,
        latent,
        labels,
        distance,
        critic_steps,
    )
    return Report([_guarded(name, check, case) for name, check in PROMISES.items()])


def _guarded(name: str, check: Callable[["Case"], Finding], case: "Case") -> Finding:
    """Return what `check` finds; if the reader's code stops, say where and why."""
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return check(case)._replace(name=name)
    except Skip as missing:
        return Finding(name, None, str(missing))
    except Exception as error:
        said = str(error).strip().splitlines() or [""]
        advice = f"{type(error).__name__}: {said[0]}"
        return Finding(
            name, False, f"your code stopped on real data of shape {tuple(case.real.shape)}", advice
        )
