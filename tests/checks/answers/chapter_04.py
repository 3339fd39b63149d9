"""Answers to chapter 4: wrong ones with the hint that each must get, and right ones in every form."""

import math

import numpy as np
import torch
from scipy.special import expit

from wgan_lib import toy, transport

LOG2 = math.log(2)
CENTRES = toy.eight_centres()
HALF = transport.emd(CENTRES, CENTRES[:4]).cost
DISTANCES = torch.cdist(CENTRES, CENTRES[:4])
SQUARED = transport.emd(CENTRES, CENTRES[:4], metric="sqeuclidean").cost


def one_round(theta, psi, h):
    psi = psi - h * expit(psi * theta) * theta
    return theta + h * expit(psi * theta) * psi, psi


def simultaneous(theta, psi, h):
    D = expit(psi * theta)
    return theta + h * D * psi, psi - h * D * theta


def generator_first(theta, psi, h):
    theta = theta + h * expit(psi * theta) * psi
    return theta, psi - h * expit(psi * theta) * theta


def old_belief(theta, psi, h):
    D = expit(psi * theta)
    psi = psi - h * D * theta
    return theta + h * D * psi, psi


def ns_round(theta, psi, h):
    psi = psi - h * expit(psi * theta) * theta
    return theta + h * expit(-psi * theta) * psi, psi


def wgan_round(theta, psi, h):
    psi = psi - h * theta
    return theta + h * psi, psi


def papers_sign(theta, psi, h):
    psi = psi + h * expit(-psi * theta) * theta
    return theta - h * expit(-psi * theta) * psi, psi


def extragradient(field, theta, psi, h):
    d_theta, d_psi = field(theta, psi)
    d_theta, d_psi = field(theta + h * d_theta, psi + h * d_psi)
    return theta + h * d_theta, psi + h * d_psi


def ordinary(field, theta, psi, h):
    d_theta, d_psi = field(theta, psi)
    return theta + h * d_theta, psi + h * d_psi


def onwards(field, theta, psi, h):
    return ordinary(field, *ordinary(field, theta, psi, h), h)


def midpoint(field, theta, psi, h):
    d_theta, d_psi = field(*ordinary(field, theta, psi, h / 2))
    return theta + h * d_theta, psi + h * d_psi


def average(field, *w):
    return np.add(ordinary(field, *w), extragradient(field, *w)) / 2


def in_turns(field, theta, psi, h):
    psi = psi + h * field(theta, psi)[1]
    return theta + h * field(theta, psi)[0], psi


def gan(theta, psi):
    D = expit(psi * theta)
    return D * psi, -D * theta


def nsgan(theta, psi):
    D = expit(psi * theta)
    return (1 - D) * psi, -D * theta


def end(step, field=gan, n=500, h=0.2):
    w = (1.0, -1.0)
    for _ in range(n):
        w = step(field, *w, h)
    return np.hypot(*w)


EXTRA = end(extragradient)


def consensus(w, v, J, h, s):
    return w + h * (v - s * J.T @ v)


WRONG: list[tuple[str, object, str]] = [
    ("4.1", [LOG2, -LOG2, LOG2], "two terms"),
    ("4.1", [-2 * LOG2, -LOG2, LOG2], "That is V"),
    ("4.1", [2 * LOG2, LOG2, LOG2], "without a minus sign"),
    ("4.1", [2 * LOG2, -LOG2, -LOG2], "mind the minus sign"),
    ("4.1", [2, -1, 1], "natural logarithms"),
    ("4.1", [0.602, -0.301, 0.301], "natural logarithms"),
    ("4.1", [0.5, 0.5, 0.5], "takes logarithms"),
    ("4.1", [1.4, -0.69, 0.69], "more digits"),
    ("4.1", [1, 2, 3], "Put D = 1/2"),
    ("4.1", 2 * LOG2, "Give 3 numbers"),
    ("4.2", DISTANCES.min(dim=1).values.mean(), "share its mass freely"),
    ("4.2", SQUARED, "squared distances"),
    ("4.2", math.sqrt(SQUARED), "That is W2"),
    ("4.2", 8 * HALF, "a sum over the modes"),
    ("4.2", 2 * math.sqrt(2), "Only the missing half"),
    ("4.2", math.sqrt(2), "to the one opposite"),
    ("4.2", DISTANCES[4:].min(dim=1).values.mean(), "a mean over the missing modes"),
    ("4.2", DISTANCES.mean(), "all pairs"),
    ("4.2", DISTANCES[range(8), [0, 0, 1, 1, 2, 2, 3, 3]].mean(), "the order of the numbers"),
    ("4.2", 0.0, "Half of the ring is missing"),
    ("4.2", 3.7, "takes two sets of points"),
    ("4.2", "a lot", "Give one number"),
    ("4.3", simultaneous, "a simultaneous step"),
    ("4.3", generator_first, "generator moved first"),
    ("4.3", old_belief, "that of the new ψ, too"),
    ("4.3", ns_round, "non-saturating game"),
    ("4.3", wgan_round, "weights D are missing"),
    ("4.3", papers_sign, "the paper's sign"),
    ("4.3", lambda *w: one_round(*w)[::-1], "the other order"),
    ("4.3", lambda *w: (one_round(*w)[0], w[1]), "Return the new ψ"),
    ("4.3", lambda theta, psi, h: (0.0, 0.0), "First ψ by"),
    ("4.3", lambda theta, psi, h: theta, "Give 2 numbers"),
    ("4.3", one_round(1.0, -1.0, 0.2), "Give a function"),
    ("4.4", 0.6, "not 1/2"),
    ("4.4", 2.4, "not -γ"),
    ("4.4", 0.3, "below the fraction"),
    ("4.4", 2 / 0.3, "real part only"),
    ("4.4", 4 / 0.3, "real part only"),
    ("4.4", 0.075, "Turned round"),
    ("4.4", -1.2, "above 0"),
    ("4.4", 1.18, "Find both eigenvalues"),
    ("4.4", 1.21, "Find both eigenvalues"),
    ("4.4", 0, "the GAN without a penalty"),
    ("4.5", ordinary, "one ordinary step"),
    ("4.5", onwards, "Go back"),
    ("4.5", midpoint, "the midpoint rule"),
    ("4.5", average, "averages the two fields"),
    ("4.5", in_turns, "alternating steps"),
    ("4.5", lambda field, *w: field(*ordinary(field, *w)), "Step along it"),
    ("4.5", lambda *w: extragradient(*w)[::-1], "the other order"),
    ("4.5", lambda field, theta, psi, h: (theta, psi), "Field at the start"),
    ("4.5", lambda theta, psi, h: (theta, psi), "stopped on arguments"),
    ("4.6", end(ordinary), "ordinary simultaneous steps"),
    ("4.6", end(ordinary, n=1000), "twice as many"),
    ("4.6", end(extragradient, h=0.1), "h = 0.1"),
    ("4.6", end(extragradient, n=501), "one step too many"),
    ("4.6", end(extragradient, n=499), "one step too few"),
    ("4.6", EXTRA**2, "square of the radius"),
    ("4.6", end(extragradient, nsgan), "the non-saturating game"),
    ("4.6", math.sqrt(2), "at the start"),
    ("4.6", math.sqrt(2) * abs(1 + 0.2 * 0.5j * (1 + 0.2 * 0.5j)) ** 500, "prediction of the linear part"),
    ("4.6", 0.0, "Start at (1, -1)"),
    ("4.6", True, "Start at (1, -1)"),
    ("4.7", 0.01, "not sqrt(h)"),
    ("4.7", math.sqrt(0.2), "the reverse"),
    ("4.7", 0.02, "not twice"),
    ("4.7", 0.05, "enters squared"),
    ("4.7", 0.1, "Which step size makes it"),
    ("4.7", math.sqrt(0.05), "do not take its root"),
    ("4.7", 0.2, "step size of the text"),
    ("4.7", 0.006, "Solve r = sqrt(2 h)"),
    ("4.8", lambda w, v, J, h, s: w + h * (v - s * J @ v), "J transposed"),
    ("4.8", lambda w, v, J, h, s: w + h * (v + s * J.T @ v), "That climbs"),
    ("4.8", lambda w, v, J, h, s: w + h * (v + s * J @ v), "in place of J, and a minus"),
    ("4.8", lambda w, v, J, h, s: w + h * (v - J.T @ v), "`strength` is missing"),
    ("4.8", lambda w, v, J, h, s: w + h * (v - 2 * s * J.T @ v), "The half takes"),
    ("4.8", lambda w, v, J, h, s: w + h * v, "without consensus"),
    ("4.8", lambda w, v, J, h, s: w - h * s * J.T @ v, "follow v as well"),
    ("4.8", lambda w, v, J, h, s: w + h * v - s * J.T @ v, "belongs to both parts"),
    ("4.8", lambda w, v, J, h, s: h * (v - s * J.T @ v), "Return the new position"),
    ("4.8", lambda w, v, J, h, s: v - s * J.T @ v, "That is the new field"),
    ("4.8", lambda w, v, J, h, s: w + h * (v - s * v), "differentiate it by w"),
    ("4.8", lambda w, v, J, h, s: w, "Find the gradient"),
]

RIGHT = [
    ("4.1", [2 * LOG2, -LOG2, LOG2]),
    ("4.1", [1.386, -0.693, 0.693]),
    ("4.1", torch.tensor([1.3862944, -0.6931472, 0.6931472], requires_grad=True)),
    ("4.2", HALF),
    ("4.2", round(HALF, 3)),
    ("4.3", one_round),
    ("4.3", lambda *w: torch.tensor(one_round(*w))),
    ("4.4", 1.2),
    ("4.4", np.float32(1.2)),
    ("4.5", extragradient),
    ("4.5", lambda *w: list(extragradient(*w))),
    ("4.6", EXTRA),
    ("4.6", round(EXTRA, 3)),
    ("4.7", 0.005),
    ("4.7", torch.tensor(5e-3)),
    ("4.8", consensus),
    ("4.8", lambda w, v, J, h, s: (w + h * v - h * s * v @ J).tolist()),
]
