"""Numbers that come in are converted or refused; and wherever they go in the library, NaN never becomes finite."""

import numpy as np
import pytest
import torch

from wgan_lib import divergences, figures, lipschitz, metrics, networks, objectives, transport
from wgan_lib.arrays import float64


@pytest.mark.parametrize(
    "given", [[1, 2], (1.0, 2.0), np.array([1, 2], "f2"), torch.tensor([1, 2], requires_grad=False)]
)
def test_numbers_of_any_kind_become_float64(given):
    array = float64(given, "x")
    assert array.dtype == np.float64 and array.tolist() == [1, 2]


def test_a_graph_is_left_behind():
    assert float64(torch.ones(2, requires_grad=True), "x").tolist() == [1, 1]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (np.ma.masked_array([1.0, 2], [True, False]), "x is a masked array, whose mask would be ignored"),
        (np.array([1 + 2j]), "x has the type complex128: expected real numbers"),
        (torch.tensor([1 + 2j]), "x has the type complex64"),
        (["a"], "x has the type <U1"),
        ([None], "x has the type object"),
    ],
)
def test_what_a_conversion_would_drop_is_refused(given, complaint):
    with pytest.raises(ValueError, match=complaint):
        float64(given, "x")


# The audit: every array argument of the functions below, with one bad number in it


def points(n=6, d=2, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def critic():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return networks.toy_critic(2, 8, 2)


def histogram():
    return np.array([0.5, 0.25, 0.25])


def loss(name, side):
    return getattr(objectives.OBJECTIVES[name], side)


CALLS = {
    "emd": (lambda x, y: transport.emd(x, y).cost, points(), points(seed=1)),
    "emd of squares": (lambda x, y: transport.emd(x, y, metric="sqeuclidean").cost, points(), points(seed=1)),
    "emd, weights": (
        lambda a, b: transport.emd(points(3), points(3, seed=1), a, b).cost,
        torch.tensor(histogram()),
        torch.tensor(histogram()),
    ),
    "emd_loss": (transport.emd_loss, points(), points(seed=1)),
    "wasserstein_1d": (transport.wasserstein_1d, points()[:, 0], points(seed=1)[:, 0]),
    "sliced_wasserstein": (transport.sliced_wasserstein, points(), points(seed=1)),
    "cost_matrix": (transport.cost_matrix, points(), points(seed=1)),
    "c_transform": (transport.c_transform, points()[:, 0], points(4, 6).abs()),
    "kl": (divergences.kl, histogram(), histogram()),
    "js": (divergences.js, histogram(), histogram()),
    "tv": (divergences.tv, histogram(), histogram()),
    "optimal_discriminator": (divergences.optimal_discriminator, histogram(), histogram()),
    "gradient_norms": (lambda x: lipschitz.gradient_norms(critic(), x), points()),
    "gradient_penalty": (lambda x, y: lipschitz.gradient_penalty(critic(), x, y), points(), points(seed=1)),
    "one-sided penalty": (
        lambda x, y: lipschitz.gradient_penalty(critic(), x, y, one_sided=True),
        points(),
        points(seed=1),
    ),
    "penalty, epsilon": (
        lambda e: lipschitz.gradient_penalty(critic(), points(), points(seed=1), epsilon=e),
        torch.rand(6, 1),
    ),
    "r1_penalty": (lambda x: lipschitz.r1_penalty(critic(), x), points()),
    "wasserstein, critic": (loss("wasserstein", "critic_loss"), points(6, 1), points(6, 1)),
    "wasserstein, generator": (loss("wasserstein", "generator_loss"), points(6, 1)),
    "fid": (metrics.fid, points(20), points(20, seed=1)),
    "kid": (metrics.kid, points(20), points(20, seed=1)),
    "precision_recall": (metrics.precision_recall, points(20), points(20, seed=1)),
    "nearest": (lambda x, among: metrics.nearest(x, among)[0], points(), points(9)),
    "inception_score": (metrics.inception_score, points(20, 10)),
    "class_shares": (metrics.class_shares, points(20, 10)),
    "class_imbalance": (metrics.class_imbalance, torch.tensor(histogram())),
    "features": (metrics.features, torch.zeros(2, 1, 28, 28)),
    "logits": (metrics.logits, torch.zeros(2, 64)),
    "judge": (metrics.judge, torch.zeros(2, 1, 28, 28)),
    "smooth": (lambda values: figures.smooth(values, 3), points()[:, 0].numpy()),
}
INFINITY_HAS_A_MEANING = {"c_transform"}  # an infinite cost means a forbidden route here, and is no fault
CASES = [
    (name, place, bad)
    for name, (_, *arguments) in CALLS.items()
    for place in range(len(arguments))
    for bad in (float("nan"), float("inf"), -float("inf"))
    if np.isnan(bad) or name not in INFINITY_HAS_A_MEANING
]


def finite(value):
    return all(
        np.isfinite(np.asarray(part, dtype=float)).all() for part in (value if isinstance(value, tuple) else [value])
    )


def spoiled(array, bad):
    array = array.clone() if isinstance(array, torch.Tensor) else array.copy()
    array.reshape(-1)[-1] = bad
    return array


@pytest.mark.parametrize("name", CALLS)
def test_the_audit_asks_with_good_numbers_first(name):
    function, *arguments = CALLS[name]
    with torch.no_grad() if "penalty" not in name and "gradient" not in name else torch.enable_grad():
        value = function(*arguments)
    assert finite(value.detach() if isinstance(value, torch.Tensor) else value)


@pytest.mark.parametrize(("name", "place", "bad"), CASES)
def test_a_number_that_is_none_never_becomes_finite(name, place, bad):
    function, *arguments = CALLS[name]
    arguments[place] = spoiled(arguments[place], bad)
    try:
        value = function(*arguments)
    except ValueError:
        return
    assert not finite(value.detach() if isinstance(value, torch.Tensor) else value)
