"""Answers to chapter 15: wrong ones with the hint that each must get, and right ones in every form."""

from functools import partial

import numpy as np
import torch

from wgan_lib import lipschitz, training

U = torch.tensor([0.6, 0.8])


def trial(critic):
    """Return a measurement that puts critic(slope, x) to the penalty."""
    return lambda penalty, slope: penalty(lambda x: critic(slope, x), torch.randn(8, 2), torch.randn(8, 2)).item()


def off(mixed, real, fake):
    """Return distances from the road, and its lengths."""
    road, way = real - fake, mixed - fake
    share = (way * road).sum(axis=1) / (road**2).sum(axis=1)
    return np.linalg.norm(way - share[:, None] * road, axis=1), np.linalg.norm(road, axis=1)


def by_angle(mixed, real, fake):
    """Return the same by Pythagoras."""
    road, way = real - fake, mixed - fake
    along = (way * road).sum(axis=1) / np.linalg.norm(road, axis=1)
    return np.max(np.sqrt((way**2).sum(axis=1) - along**2) / np.linalg.norm(road, axis=1))


def step(penalty, strength=10.0, sign=1.0):
    """Return a critic step."""

    def critic_step(critic, optimizer, real, fake):
        loss = sign * (critic(fake).mean() - critic(real).mean()) + strength * penalty(critic, real, fake)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return critic_step


def norms(critic, real, fake):
    """Return the norms of the slopes between."""
    mixed = torch.lerp(fake, real, torch.rand(len(real), 1)).requires_grad_()
    return torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0].norm(dim=1)


def raises(*arguments):
    """Fail as a reader's function may."""
    raise ZeroDivisionError("division by zero")


GOOD = lipschitz.gradient_penalty
WRONG: list[tuple[str, object, str]] = [
    ("15.1", [3, 0.5, 1], "What does case R report"),
    ("15.1", [3**0.5, 0.25, 1], "takes no root"),
    ("15.1", [6, 0.25, 1], "Case R reports the mean of the squared distances"),
    ("15.1", [9, 0.5, 1], "That is W"),
    ("15.1", [9, 0.125, 1], "squared distances, again"),
    ("15.1", [9, 0.25, 0], "d > 0 was asked for"),
    ("15.1", [9, 0.25, 0.5], "half of the truth"),
    ("15.1", [9, 0.25, 2], "d² = d"),
    ("15.1", [9, 0.25], "Give 3 numbers"),
    ("15.2", trial(lambda slope, x: slope * x.sum(dim=1)), "√2 times too steep"),
    ("15.2", trial(lambda slope, x: slope * x.mean(dim=1)), "slope 1/√2"),
    ("15.2", trial(lambda slope, x: x @ U), "slope 1 whatever"),
    ("15.2", trial(lambda slope, x: slope**2 * (x @ U)), "you squared it"),
    ("15.2", lambda penalty, slope: (slope - 1) ** 2, "healthy penalty would say"),
    ("15.2", trial(lambda slope, x: 0 * x.sum(dim=1)), "Your critic is constant"),
    ("15.2", trial(lambda slope, x: 3 * slope * (x @ U)), "has the same slope everywhere"),
    ("15.3", lambda *points: off(*points)[0].max(), "by the length of its segment"),
    ("15.3", lambda *points: off(*points)[0].max() / off(*points)[1].max(), "Divide first"),
    ("15.3", lambda *points: np.divide(*off(*points)).mean(), "That is the mean"),
    ("15.3", lambda *points: np.divide(*off(*points)), "Give one number"),
    ("15.3", lambda *points: (np.divide(*off(*points)) ** 2).max(), "*root*"),
    ("15.3", lambda m, x, y: np.ptp((m - y) / (x - y), axis=1).max(), "disagree about ε"),
    (
        "15.3",
        lambda m, x, y: (
            np.linalg.norm(m - y - ((m - y) / (x - y))[:, :1] * (x - y), axis=1) / np.linalg.norm(x - y, axis=1)
        ).max(),
        "first coordinate",
    ),
    ("15.3", lambda m, x, y: 0.0, "The foot on the line"),
    ("15.4", 10.0, "Give a function"),
    ("15.4", raises, "The instrument finds: your code stopped"),
    ("15.4", step(GOOD, sign=-1.0), "real scores down"),
    ("15.4", step(lambda *given: (norms(*given) ** 2).mean()), "is the -1 missing"),
    ("15.4", step(lambda *given: (norms(*given) - 1).relu().square().mean()), "It is one-sided"),
    ("15.4", step(GOOD, strength=1.0), "Healthy, but λ = 1: 10 was asked for."),
    ("15.4", training.critic_step, "never added"),
    ("15.4", partial(training.critic_step, penalty=100.0), "λ = 100"),
    ("15.4", step(lambda *given: norms(*given).sum()), "It asks for slope"),
    ("15.5", 1.95, "still ill"),
    ("15.5", -0.4, "W is a distance"),
    ("15.5", 0.02, "Too good"),
    ("15.5", 1.2, "the last row, column 1"),
    ("15.5", [0.4, 0.5], "Give one number"),
]

RIGHT = [
    ("15.1", [9, 0.25, 1]),
    ("15.1", np.array([9.0, 0.25, 1.0])),
    ("15.2", trial(lambda slope, x: slope * (x @ U))),
    ("15.2", trial(lambda slope, x: slope * x[:, 0])),
    ("15.2", trial(lambda slope, x: -slope * x[:, 1])),
    ("15.3", lambda *points: np.divide(*off(*points)).max()),
    ("15.3", by_angle),
    ("15.3", lambda *points: torch.tensor(by_angle(*points))),
    ("15.4", step(GOOD)),
    ("15.4", partial(training.critic_step, penalty=10.0)),
    ("15.4", step(lambda *given: (norms(*given) - 1).square().mean())),
    ("15.5", 0.45),
    ("15.5", np.float32(0.61)),
]
