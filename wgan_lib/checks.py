r"""Instant feedback on the exercises: `check("1.2", answer)` says "right", or gives a hint.

A check is a function that takes the answer and raises `Hint` if it is not right. Most compare with a value computed
here, from first principles, so that a notebook does not show its own answers.
"""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageSequence
from scipy.optimize import linprog

from wgan_lib import lipschitz, mnist, networks, runs, transport


class Hint(Exception):
    """What to try next: the answer is not right yet."""


CHECKS: dict[str, Callable[[object], None]] = {}


def check(exercise: str, answer: object) -> None:
    """Print whether `answer` solves `exercise`, and a hint if it does not.

    Parameters
    ----------
    exercise : str
        Its number, as "1.2" for the second exercise of chapter 1.
    answer : object
        A number, an array or a function, as the exercise asks; `...` for not answered yet.

    Raises
    ------
    KeyError
        If there is no such exercise.
    """
    if exercise not in CHECKS:
        raise KeyError(f"there is no exercise {exercise!r}; there are {', '.join(CHECKS)}")
    if answer is ...:
        print(f"Exercise {exercise}: replace the dots with your answer, then run this cell again.")
        return
    try:
        CHECKS[exercise](answer)
    except Hint as hint:
        print(f"Exercise {exercise}: not yet. {hint}")
    except Exception as error:  # the answer has the wrong form, and the reader wants to know how
        print(f"Exercise {exercise}: your answer could not be used ({type(error).__name__}: {error}).")
    else:
        print(f"Exercise {exercise}: right.")


def exercise(number: str) -> Callable[[Callable[[object], None]], Callable[[object], None]]:
    """Register a function as the check of exercise `number`."""

    def register(function: Callable[[object], None]) -> Callable[[object], None]:
        CHECKS[number] = function
        return function

    return register


def expect(true: bool, hint: str) -> None:
    """Raise `Hint` unless `true`."""
    if not true:
        raise Hint(hint)


def close(answer: object, value: float | np.ndarray, tolerance: float = 1e-6) -> bool:
    """Return whether `answer` has the shape of `value` and agrees with it to within `tolerance`."""
    answer, value = np.asarray(answer, dtype=float), np.asarray(value, dtype=float)
    return answer.shape == value.shape and bool(np.allclose(answer, value, rtol=tolerance, atol=tolerance))


# Each chapter's checks stand below, in the order of the book.


# Chapter 1: the earth mover


def _couples(plan: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Demand that `plan` is a coupling of `a` and `b`."""
    expect(plan.shape == (len(a), len(b)), f"The table needs {len(a)} rows (piles) and {len(b)} columns (holes).")
    expect(not np.isnan(plan).any() and (plan >= -1e-9).all(), "No entry may be negative or NaN.")
    for name, sums, wanted in (("row", plan.sum(axis=1), a), ("column", plan.sum(axis=0), b)):
        expect(np.allclose(sums, wanted), f"The {name}s sum to {sums.round(4)}; they must sum to {wanted.round(4)}.")


def _w1_on_line(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Return the area between the two CDFs."""
    points = np.concatenate([x, y])
    order = np.argsort(points)
    gap = np.cumsum(np.concatenate([a, -b])[order])[:-1]  # F - G between neighbouring points
    return float(np.abs(gap) @ np.diff(points[order]))


@exercise("1.1")
def _a_plan_by_hand(answer: object) -> None:
    plan = np.asarray(answer, dtype=float)
    x, y, a, b = np.array([0, 3, 6]), np.array([2, 5, 8]), np.array([4, 3, 3]), np.array([5, 2, 3])
    _couples(plan, a, b)
    price = (plan * np.abs(x[:, None] - y)).sum()
    least = _w1_on_line(x, y, a, b)
    expect(price < least + 1e-6, f"It is a plan and costs {price:g} shovel-metres, but there is a cheaper one.")


@exercise("1.2")
def _a_row_of_the_programme(answer: object) -> None:
    row = np.asarray(answer, dtype=float)
    expect(row.shape == (12,), f"The shape is {row.shape}: read the 3 by 4 table row after row, as twelve numbers.")
    hole = np.arange(12) % 4 == 1
    expect(not close(row, np.arange(12) // 4 == 1), "This row says that pile 2 is emptied: it sums a row of the plan.")
    expect(not close(row, np.arange(12) % 4 == 2), "This is hole 3: the first hole has index 0.")
    expect(not close(row, np.arange(12) % 3 == 1), "With four columns, entries of one column are four places apart.")
    expect(close(row, hole), "Put a one at each entry of the plan that sends earth to hole 2, and zeros elsewhere.")


@exercise("1.3")
def _w1_without_a_solver(answer: object) -> None:
    x, a = np.array([0.0, 1, 5]), np.array([0.5, 0.25, 0.25])
    y, b = np.array([2.0, 3, 4, 9]), np.full(4, 0.25)
    expect(not close(answer, np.sqrt((4 + 9 + 9 + 16) / 4)), "This is W2; take the lengths, not their squares.")
    expect(not close(answer, 4 * _w1_on_line(x, y, a, b)), "You added up the four lengths; each carries a quarter.")
    expect(not close(answer, _w1_on_line(x, y, np.full(3, 1 / 3), b)), "The piles do not hold equal amounts.")
    expect(close(answer, _w1_on_line(x, y, a, b), 1e-4), "Cut the earth into quarters; send them off in order.")


@exercise("1.4")
def _one_pile_for_all(answer: object) -> None:
    holes = np.array([0.0, 1, 2, 6, 11])
    position = np.asarray(answer, dtype=float).item()
    expect(not close(position, holes.mean()), "That is the mean, which is best for squared distances. Try some others.")
    least = min(np.abs(holes - hole).mean() for hole in holes)  # the cost is straight between holes, so least at one
    expect(np.abs(holes - position).mean() < least + 1e-6, "Another place is cheaper. Compute W for many and compare.")


@exercise("1.5")
def _an_optimal_plan_without_zeros(answer: object) -> None:
    plan, half = np.asarray(answer, dtype=float), np.full(2, 0.5)
    _couples(plan, half, half)  # every route has length 1, so every coupling is optimal
    expect((plan > 1e-9).all(), "This plan is optimal, but an entry is zero: mix it with another optimal plan.")


@exercise("1.6")
def _little_earth_far_away(answer: object) -> None:
    places, shares = (np.asarray(part, dtype=float) for part in answer)
    expect(places.ndim == 1 and places.shape == shares.shape, "Give two flat lists of the same length.")
    expect((shares >= 0).all() and close(shares.sum(), 1), "The weights must be at least 0 and sum to 1.")
    w1, w2 = shares @ np.abs(places), np.sqrt(shares @ places**2)  # from one pile there is only one plan
    expect(close(w1, 1), f"Here W1 = {w1:.4g}, not 1.")
    expect(w2 >= 10 - 1e-9, f"W1 is right, but W2 = {w2:.4g}. Send less earth further.")


# Chapter 2: duality

_ROAD = (  # holes, piles (km), and the mass of each
    np.array([1.0, 3, 6, 9]), np.array([0.0, 4, 5, 8, 10]),
    np.array([0.1, 0.4, 0.2, 0.3]), np.array([0.3, 0.1, 0.25, 0.2, 0.15]),
)  # fmt: skip


@exercise("2.1")
def _prices_by_hand(answer: object) -> None:
    u, v = (np.asarray(part, dtype=float) for part in answer)
    expect(u.shape == v.shape == (2,), "Give two lists, u for the two holes and v for the two piles.")
    cost = np.abs(np.array([[0.0], [4.0]]) - np.array([1.0, 6.0]))
    bill = u[:, None] + v
    i, j = np.unravel_index((cost - bill).argmin(), cost.shape)
    expect(
        bill[i, j] <= cost[i, j] + 1e-6,
        f"u[{i}] + v[{j}] = {bill[i, j]:g}, but your own cart makes that journey for {cost[i, j]:g}.",
    )
    value = bill.mean()  # all masses are 1/2
    expect(value > 1.5 - 1e-6, f"These prices are feasible, with value {value:g}. There are better ones.")


@exercise("2.2")
def _what_one_more_unit_is_worth(answer: object) -> None:
    x, y, a, b = _ROAD
    epsilon = 0.01
    moved = b + epsilon * np.array([-1, 0, 1, 0, 0])
    rate = (_w1_on_line(x, y, a, moved) - _w1_on_line(x, y, a, b)) / epsilon
    expect(not close(answer, -rate, 1e-4), "The size is right. Does W rise or fall?")
    expect(close(answer, rate, 1e-4), "Which potential belongs to the piles? Which one gains mass, which loses it?")


@exercise("2.3")
def _a_critic_on_the_wrong_scale(answer: object) -> None:
    distance = _w1_on_line(*_ROAD)
    expect(not close(answer, distance, 1e-3), "That is W itself, which needs slopes up to 1.")
    expect(not close(answer, 5 * distance, 1e-3), "Its slopes are below 1: it cannot report more than W.")
    expect(close(answer, 0.2 * distance, 1e-3), "Divide that critic by 0.2: what are its slope and its value now?")


@exercise("2.4")
def _a_critic_without_a_solver(answer: object) -> None:
    real, fake = np.array([0.5, 2.0, 2.5, 7.0]), np.array([1.0, 3.0, 4.0, 5.5, 6.0])
    places, scores = np.sort(np.concatenate([real, fake])), np.asarray(answer, dtype=float)
    expect(scores.shape == (9,), f"There are nine places; your answer has shape {scores.shape}.")
    steepest = np.abs(np.diff(scores) / np.diff(places)).max()
    expect(steepest < 1 + 1e-6, f"The steepest slope is {steepest:.3g}: more than 1 is not allowed.")
    value = np.interp(real, places, scores).mean() - np.interp(fake, places, scores).mean()
    best = _w1_on_line(real, fake, np.full(4, 1 / 4), np.full(5, 1 / 5))
    expect(value > 1e-6 - best, "This is the best critic upside down: real points must score higher.")
    expect(value > best - 1e-6, f"It is 1-Lipschitz, with value {value:.4f}; the best one has {best:.4f}.")


@exercise("2.5")
def _how_free_a_critic_is(answer: object) -> None:
    points = np.array([[0.0, 2], [2, 3], [4, 1], [0, 0], [2, 1], [3, -1], [1, -1.5]])
    masses = np.array([0.5, 0.2, 0.3, -0.35, -0.25, -0.4, 0.0])
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    i, j = np.nonzero(distance)
    slopes, limits = np.eye(7)[i] - np.eye(7)[j], distance[i, j]  # f_i - f_j <= d_ij, for all critics of these points
    bounds = [(None, None)] * 3 + [(0, 0)] + [(None, None)] * 3
    best = linprog(-masses, A_ub=slopes, b_ub=limits, bounds=bounds).fun
    optimal = {"A_ub": np.vstack([slopes, -masses]), "b_ub": np.append(limits, best + 1e-9), "bounds": bounds}
    place = np.eye(7)[6]
    low, high = linprog(place, **optimal).fun, -linprog(-place, **optimal).fun
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers, the lowest and the highest value.")
    expect(not close(given, [high, low], 1e-4), "Right values; give the lower one first.")
    expect(
        not close(given[1] - given[0], high - low, 1e-4) or close(given, [low, high], 1e-4),
        "The interval is as long as it should be. Is f = 0 at the first generated point?",
    )
    expect(close(given[1], high, 1e-4), "For the highest value, stand a cone of slope 1 on each generated point.")
    expect(close(given[0], low, 1e-4), "For the lowest value, hang a cone of slope 1 from each real point.")


# Chapter 3: the collapse of JS


def _noisy_js_slopes(theta: float, sigma: np.ndarray) -> np.ndarray:
    """Return dJS/dθ between N(0, σ²) and N(θ, σ²): half of E[D* θ/σ²] under the second, by Gauss-Hermite quadrature."""
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    shift = theta / sigma[:, None]
    belief = 1 / (1 + np.exp(shift**2 / 2 + shift * node))  # D* at θ + σ node
    return (belief @ weight) / weight.sum() * theta / sigma**2 / 2


@exercise("3.1")
def _js_by_hand(answer: object) -> None:
    expect(not close(answer, 0.5, 1e-3), "That is in bits. Take the natural logarithm.")
    expect(not close(answer, np.log(2), 1e-3), "That is JS without a shared cell, or without the ½ before each KL.")
    expect(not close(answer, np.log(2) / 4, 1e-3), "That is one half of the sum; the other KL gives as much.")
    expect(close(answer, np.log(2) / 2, 1e-4), "Write m = (p + q) / 2 first. Which cells contribute at all?")


@exercise("3.2")
def _two_gradients(answer: object) -> None:
    belief = 1 / (1 + np.exp(10))
    right = np.array([20 * belief, 20 * (1 - belief)])
    sizes = np.asarray(answer, dtype=float)
    expect(sizes.shape == (2,), "Give two numbers: [for log(1 - D), for -log D].")
    expect((sizes >= 0).all(), "Sizes are asked for: leave the sign away.")
    expect(not np.allclose(sizes, right[::-1], rtol=1e-3), "Those are the two, in the other order.")
    expect(not np.allclose(sizes, right / 20, rtol=1e-3), "The slope of the score, 20, is missing.")
    expect(np.allclose(sizes, right, rtol=1e-3, atol=0), "Find s and D at x1 = 1; then use the two chain rules.")


@exercise("3.3")
def _when_the_bound_is_small(answer: object) -> None:
    k = np.arange(1, 200)
    belief = 1 / (1 + np.exp(k / 2))
    epsilon = belief + k * belief * (1 - belief)  # value and slope
    bound = np.where(epsilon < 1, epsilon / (1 - epsilon), np.inf)

    def first(value: np.ndarray) -> int:
        return int(k[value < 1e-3][0])

    expect(float(answer) == int(answer), "A whole number is asked for.")
    expect(answer != first(belief), "ε is the value of D and the length of its slope, added.")
    expect(answer == first(bound), "Compute ε(k) = D + |dD/dx| at x1 = 1 for k = 1, 2, …, then the bound.")


@exercise("3.4")
def _the_best_noise(answer: object) -> None:
    sigma = np.geomspace(0.2, 10, 4000)
    best = sigma[_noisy_js_slopes(2.0, sigma).argmax()]
    answer = float(np.asarray(answer, dtype=float))
    expect(abs(answer / best - 0.5) > 0.02, "That is the best σ for θ = 1.")
    expect(abs(answer / best - 1) < 0.02, "Compute noisy_js_slope(2.0, sigma) for many values of sigma.")


@exercise("3.5")
def _close_and_apart(answer: object) -> None:
    p, q = (np.asarray(histogram, dtype=float) for histogram in answer)
    expect(p.shape == q.shape == (100,), "Give two histograms over the 100 positions.")
    for histogram in (p, q):
        expect((histogram >= 0).all() and close(histogram.sum(), 1), "A histogram is at least 0 and sums to 1.")
        expect((histogram > 1e-9).sum() >= 40, "Each needs mass in at least 40 cells.")
    tv = np.abs(p - q).sum() / 2
    expect(tv > 1 - 1e-9, f"TV is {tv:.3g}: let them share no cell.")
    distance = np.abs(np.cumsum(p - q)).sum() / 100
    expect(distance <= 0.01 + 1e-9, f"W is {distance:.3g}: let no mass travel further than to the next cell.")


# Chapter 5: clipping

_TINY_CRITIC = (  # first weights, first biases, last weights: f(x) = Σ w relu(a x + b)
    np.array([0.5, 0.5, -0.5, -0.5]), np.array([0.25, -0.5, 0.5, 0.0]), np.array([0.5, -0.5, -0.5, 0.5]),
)  # fmt: skip
_TINY_REAL, _TINY_FAKE = np.array([0.8, 1.5, 3.0]), np.array([-1.0, 0.0, 0.2])


@exercise("5.1")
def _a_linear_critic_by_hand(answer: object) -> None:
    c, shift = 0.01, np.array([3.0, 4.0])
    report, distance = c * np.abs(shift).sum(), np.linalg.norm(shift)
    numbers = np.asarray(answer, dtype=float)
    expect(numbers.shape == (2,), "Give two numbers: [what it reports, exact W].")
    expect(not np.allclose(numbers, [distance, report]), "Right numbers, in the other order.")
    expect(close(numbers[1], distance), "A shift moves every point by the same arrow: W is the arrow's length.")
    expect(
        not close(numbers[0], c * distance), "Each weight has its own limit: the vector (w1, w2) may be longer than c."
    )
    expect(close(numbers[0], report), "The report is w1·3 + w2·4. Which w1 and w2 in [-c, c] make it largest?")


@exercise("5.2")
def _the_ceiling_of_a_critic(answer: object) -> None:
    sizes, c = np.array([784.0, 512, 256, 1]), 0.01
    ceiling = np.prod(c * np.sqrt(sizes[:-1] * sizes[1:]))
    expect(not close(answer, ceiling / c**3, 1e-3), "Multiply each layer by its c, too.")
    expect(not close(answer, ceiling * c, 1e-3), "Count the layers: 784 to 512, 512 to 256, 256 to 1.")
    expect(not close(answer, ceiling**2, 1e-3), "A norm is the square root of the sum of squares.")
    expect(close(answer, ceiling, 1e-3), "One factor c·√(inputs × outputs) for each of the three layers.")


@exercise("5.3")
def _the_bound_that_keeps_the_gradient(answer: object) -> None:
    width = 64
    expect(not close(answer, 1 / np.sqrt(width), 1e-3), "That is for random signs. Here all terms have the same sign.")
    expect(not close(answer, 2 / width, 1e-3), "Here every unit is switched on: no half is lost.")
    expect(close(answer, 1 / width, 1e-3), "Each entry of the gradient becomes a sum of 64 terms, each times c.")


@exercise("5.4")
def _a_certificate_from_a_clipped_critic(answer: object) -> None:
    first, bias, last = _TINY_CRITIC

    def score(x: np.ndarray) -> np.ndarray:
        return np.maximum(x[:, None] * first + bias, 0) @ last

    kinks = np.unique(-bias / first)
    ends = np.concatenate([[kinks[0] - 1], kinks, [kinks[-1] + 1]])
    steepest = np.abs(np.diff(score(ends)) / np.diff(ends)).max()
    gap = score(_TINY_REAL).mean() - score(_TINY_FAKE).mean()
    norms = np.linalg.norm(first) * np.linalg.norm(last)
    thirds = np.full(3, 1 / 3)
    distance = _w1_on_line(_TINY_REAL, _TINY_FAKE, thirds, thirds)
    expect(not close(answer, gap / norms, 1e-3), "True, but weak: its steepest slope is smaller than that.")
    expect(not close(answer, distance, 1e-3), "That is W, from another source. What does *this critic* prove?")
    expect(float(np.asarray(answer)) < distance, "That is more than W: the critic cannot prove it.")
    expect(
        close(answer, gap / steepest, 1e-3), "Divide its score gap by its steepest slope. f is straight between kinks."
    )


@exercise("5.5")
def _a_critic_that_misorders(answer: object) -> None:
    nearer, further = (np.asarray(shift, dtype=float) for shift in answer)
    expect(nearer.shape == further.shape == (2,), "Give two shifts, each a pair of numbers.")
    w_nearer, w_further = np.linalg.norm(nearer), np.linalg.norm(further)
    reports = np.abs(nearer).sum(), np.abs(further).sum()
    expect(w_nearer < w_further - 1e-9, f"W is {w_nearer:.3g}, then {w_further:.3g}: the first must be smaller.")
    expect(
        reports[0] > reports[1] + 1e-9,
        f"It reports c·{reports[0]:.3g}, then c·{reports[1]:.3g}: the first must be larger. Where does it exaggerate?",
    )


# Chapter 6: gradient penalty


@exercise("6.1")
def _the_slope_that_a_penalty_allows(answer: object) -> None:
    distance, strength = 3.0, 10.0
    expect(not close(answer, 1), "That is what the penalty asks for. The score gap pulls on the slope, too.")
    expect(not close(answer, 1 + distance / strength), "The derivative of (s - 1)² is 2 (s - 1): where is the 2?")
    expect(not close(answer, 1 + 1 / (2 * strength)), "The score gap is s times the distance, which is 3.")
    expect(close(answer, 1 + distance / (2 * strength)), "Maximise 3 s - 10 (s - 1)²: set its derivative to 0.")


@exercise("6.2")
def _where_the_trap_begins(answer: object) -> None:
    distance = 3.0
    expect(not close(answer, distance), "The derivative of (|s| - 1)² is 2 (|s| - 1), up to its sign.")
    expect(not close(answer, 1 / (2 * distance)), "A longer way pulls harder: the trap then needs a larger λ.")
    expect(close(answer, distance / 2), "For s < 0 find where the derivative is 0. For which λ is that s below 0?")


@exercise("6.3")
def _a_penalty_for_images(answer: object) -> None:
    rng = torch.Generator().manual_seed(6)
    real, fake = (torch.randn(3, 2, 4, 4, generator=rng) for _ in range(2))
    epsilon = torch.tensor([0.1, 0.5, 0.8])
    scale = torch.tensor(0.3, requires_grad=True)

    def critic(x: torch.Tensor) -> torch.Tensor:
        return scale * x.square().flatten(1).sum(dim=1)  # its slope is 2 · scale · x

    mixed = torch.stack([e * x + (1 - e) * y for e, x, y in zip(epsilon, real, fake, strict=True)])
    norms = (2 * scale * mixed).square().sum(dim=(1, 2, 3)).sqrt()
    value = answer(critic, real, fake, epsilon)
    expect(isinstance(value, torch.Tensor) and value.shape == (), "Return one number, as a torch tensor.")
    expect(not close(value.item(), (norms.square().sum().sqrt() - 1).item() ** 2, 1e-4),
           "You took one norm for the whole batch. Each image has its own: flatten(1) first.")  # fmt: skip
    per_row = (2 * scale * mixed).square().sum(dim=1).sqrt()
    expect(not close(value.item(), (per_row - 1).square().mean().item(), 1e-4),
           "You took the norm over one axis only. All pixels of an image count: flatten(1) first.")  # fmt: skip
    expect(not close(value.item(), (norms.mean() - 1).item() ** 2, 1e-4), "Square each excess first, then average.")
    expect(close(value.item(), (norms - 1).square().mean().item(), 1e-4), "Value wrong. ε goes with the real image.")
    expect(value.requires_grad, "The value is right, but has no gradient: torch.autograd.grad needs create_graph=True.")
    wanted, given = (torch.autograd.grad(v, scale)[0].item() for v in ((norms - 1).square().mean(), value))
    expect(close(given, wanted, 1e-3), "The value is right, its gradient is not: is something detached on the way?")


@exercise("6.4")
def _centring_by_hand(answer: object) -> None:
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (3,), "Give three numbers: own slope, slope through another example, slope of the sum.")
    expect(not close(given[0], 1), "x1 is also part of the mean: changing it changes the mean by a quarter as much.")
    expect(close(given[0], 0.75), "The own slope is the derivative of x1 - mean(x) by x1.")
    expect(close(given[1], -0.25), "Example 2 scores x2 - mean(x). How does the mean change with x1?")
    expect(close(given[2], 0), "Add the own slope and the three slopes through the other examples.")


@exercise("6.5")
def _where_the_penalty_looks(answer: object) -> None:
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [share between 1 and 10, slope between 0 and 1].")
    share = (1 + 9 / 11) / 4
    expect(not close(given[0], 0.25, 1e-4), "The pair (11, 0) crosses the gap as well, for most of its length.")
    expect(not close(given[0], 0.5, 1e-4), "The pair (11, 0) is on [1, 10] for only 9/11 of its length.")
    expect(close(given[0], share, 1e-4), "There are four pairs, each as likely. Which part of each lies in [1, 10]?")
    density, moved, strength = (1 + 1 / 11) / 4, 0.5, 1.0
    slope = 1 + moved / (2 * strength * density)
    expect(not close(given[1], 1 + 1 / (2 * strength * density), 1e-4), "Half of the mass moves there, not all of it.")
    expect(not close(given[1], 1 + moved / (2 * strength * 0.25), 1e-4), "The pair (11, 0) passes there as well.")
    expect(close(given[1], slope, 1e-4), "Use 1 + |F_gen - F_real| / (2 λ ρ) with λ = 1; find ρ on [0, 1] first.")


# Chapter 9: training on MNIST


def _test_digits() -> torch.Tensor:
    """Return the test images as points (10000, 784), in the chapter's random order."""
    pixels = mnist.scale(mnist.images("test")).flatten(1)
    return pixels[torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))]


@exercise("9.1")
def _what_a_run_consists_of(answer: object) -> None:
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [generator steps, times].")
    expect(not close(given[0], 20_000), "One generator step comes after every *five* critic steps.")
    expect(not close(given[0], 100_000), "The 20,000 are critic steps; there are fewer generator steps.")
    expect(close(given[0], 4_000), "Divide the critic steps by five.")
    expect(not close(given[1], 4_000 * 64 / 60_000, 1e-2), "A batch of real images is drawn in each *critic* step.")
    expect(close(given[1], 20_000 * 64 / 60_000, 1e-2), "Critic steps times images in a batch, over images in all.")


@exercise("9.2")
def _the_sum_of_pixels_as_a_critic(answer: object) -> None:
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [cost, number].")
    expect(not close(given[0], 10 * (0.1 - 1) ** 2), "0.1 is the slope in one pixel. Take the norm over all 784.")
    expect(not close(given[0], 10 * (78.4 - 1) ** 2), "The norm is the root of the sum of squares, not the sum.")
    expect(not close(given[0], (2.8 - 1) ** 2), "λ = 10 is missing.")
    expect(close(given[0], 10 * (2.8 - 1) ** 2), "Find the norm of the gradient; then λ (norm - 1)².")
    expect(close(given[1], 1 / 28, 1e-3), "The cost is right. For which number is the norm exactly 1?")


@exercise("9.3")
def _the_frame_to_keep(answer: object) -> None:
    run, window = runs.load("wgan-gp"), 21
    medians = np.median(np.lib.stride_tricks.sliding_window_view(run.metrics["w_estimate"], window), axis=1)
    film = Image.open(run.path / "samples.gif")
    cells = np.stack([np.array(frame.convert("L")) for frame in ImageSequence.Iterator(film)])[:, 1:, 1:]
    cells = cells.reshape(-1, 10, 29, 10, 29)[:, :, :28, :, :28].transpose(0, 1, 3, 2, 4).reshape(len(cells), 100, 784)
    steps = run.config.sample_every * np.arange(1, len(cells) + 1)
    judges = _test_digits()[1000:1500]
    training = mnist.scale(mnist.images()[:10_000]).flatten(1)
    main = torch.linalg.eigh(torch.cov(training.T)).eigenvectors[:, -20:]
    distances = [transport.emd(mnist.scale(torch.from_numpy(frame)) @ main, judges @ main).cost for frame in cells]
    by_critic = steps[np.interp(steps, run.metrics["step"][window // 2 : -(window // 2)], medians).argmin()]
    by_referee = steps[np.argmin(distances)]
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two steps: [critic's, referee's].")
    expect(not close(given + 1, [by_critic / 1000, by_referee / 1000]), "Those are indices: use frame_steps.")
    expect(not close(given, [by_referee, by_critic]), "Those are the two, in the other order.")
    expect(given[0] == by_critic, "The critic's estimates are the first row of table['wgan-gp'].")
    expect(given[1] == by_referee, "The coarse distances are the second row of table['wgan-gp'].")


@exercise("9.4")
def _how_steep_a_clipped_critic_can_be(answer: object) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        critic = networks.mlp_critic()
    lipschitz.clip_weights(critic, 0.01)
    weights = [layer.weight.detach() for layer in critic if isinstance(layer, torch.nn.Linear)]
    bound = float(np.prod([torch.linalg.matrix_norm(weight, ord=2) for weight in weights]))
    given = float(np.asarray(answer, dtype=float))
    crude = float(np.prod([torch.linalg.matrix_norm(weight) for weight in weights]))
    summed = float(sum(torch.linalg.matrix_norm(weight, ord=2) for weight in weights))
    expect(not close(given, crude, 1e-3), "That bound holds, but is larger than asked for: matrix_norm needs ord=2.")
    expect(not close(given, summed, 1e-3), "One layer follows the other: their norms are multiplied, not added.")
    expect(close(given, bound, 1e-3), "Multiply the largest singular values of the three weight matrices of `clipped`.")


@exercise("9.5")
def _one_blur_for_all(answer: object) -> None:
    digits = _test_digits()[:256].double()
    point = torch.as_tensor(answer).detach().double().flatten()
    expect(point.shape == (784,), "Give one image: 784 pixels.")
    expect(bool(torch.isfinite(point).all()), "A pixel is NaN or infinite.")

    def cost(x: torch.Tensor) -> float:
        return float((digits - x).norm(dim=1).mean())

    best = digits.mean(dim=0)
    for _ in range(200):
        weight = 1 / (digits - best).norm(dim=1)
        best = weight @ digits / weight.sum()
    mean = cost(digits.mean(dim=0))
    expect(cost(point) < mean - 1e-6, f"Its W is {cost(point):.4f}. The mean of these 256 digits has {mean:.4f}.")
    expect(cost(point) < cost(best) + 5e-4, f"Better than the mean: {cost(point):.4f}. It can still be lower.")
