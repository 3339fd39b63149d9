"""Each metric against a closed form, a sum written out, or sets made to have the answer."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch

from wgan_lib import metrics
from wgan_lib.metrics import (
    class_imbalance,
    class_shares,
    fid,
    inception_score,
    kid,
    nearest,
    precision_recall,
)


def normal(n, d, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def whitened(n, d, seed=0):
    """Return points whose sample mean is 0 and whose sample covariance is the identity, exactly."""
    x = normal(n, d, seed)
    x = x - x.mean(dim=0)
    return x @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T))).T


# FID


def test_fid_of_a_shift_is_its_squared_length():
    x, shift = normal(400, 3), torch.tensor([1.0, -2.0, 2.0])
    assert fid(x, x + shift) == pytest.approx(9, abs=1e-5)
    assert fid(x, x) == pytest.approx(0, abs=1e-5)


def test_fid_of_a_stretch_is_the_squared_difference_of_the_deviations():
    x = whitened(500, 4)
    scale = torch.tensor([1.0, 2.0, 0.5, 3.0], dtype=torch.float64)
    assert fid(x, x * scale) == pytest.approx(((scale - 1) ** 2).sum().item(), abs=1e-5)


def test_fid_is_the_distance_of_gaussians_with_full_covariances():
    x, y = normal(300, 5) @ normal(5, 5, 1), normal(300, 5, 2) @ normal(5, 5, 3) + 1
    s1, s2 = (np.cov(z.numpy().T) for z in (x, y))
    root = scipy.linalg.sqrtm(s1)
    cross = np.trace(scipy.linalg.sqrtm(root @ s2 @ root)).real
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum().item() + np.trace(s1) + np.trace(s2) - 2 * cross
    assert fid(x, y) == pytest.approx(expected, rel=1e-6)
    assert fid(y, x) == pytest.approx(expected, rel=1e-6)


# KID


def test_kid_is_the_double_sum_of_the_kernel():
    x, y = normal(20, 3), normal(20, 3, 1) + 0.5

    def k(a, b):
        return (float(a @ b) / 3 + 1) ** 3

    def within(z):
        return sum(k(z[i], z[j]) for i in range(20) for j in range(20) if i != j) / (20 * 19)

    across = sum(k(a, b) for a in x for b in y) / 400
    assert kid(x, y) == pytest.approx(within(x) + within(y) - 2 * across, rel=1e-6)


def test_kid_of_one_law_is_zero_on_average_and_sometimes_below():
    values = np.array([kid(normal(50, 4, 2 * seed), normal(50, 4, 2 * seed + 1)) for seed in range(100)])
    assert abs(values.mean()) < 3 * values.std() / 10
    assert (values < 0).any() and (values > 0).any()


def test_kid_leaves_the_global_random_numbers_alone():
    torch.manual_seed(3)
    kid(normal(30, 2), normal(30, 2, 1))
    after = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(after, torch.rand(1))


# Inception Score


def test_the_inception_score_runs_from_one_to_the_number_of_classes():
    sure = 50 * torch.eye(10).repeat(30, 1)
    assert inception_score(sure) == pytest.approx(10, rel=1e-6)
    assert inception_score(torch.zeros(300, 10)) == pytest.approx(1, abs=1e-9)
    assert inception_score(sure[::10]) == pytest.approx(1, abs=1e-9), "one class alone"


def test_the_inception_score_of_sure_images_is_the_exponential_of_the_class_entropy():
    sure = 60 * torch.eye(4)[torch.tensor([0] * 50 + [1] * 25 + [2] * 25)]
    assert inception_score(sure) == pytest.approx(2**1.5, rel=1e-6)


# Precision and recall


def clusters(*centres, n=100, seed=0):
    return torch.cat([0.1 * normal(n, 2, seed + i) + torch.tensor(c) for i, c in enumerate(centres)])


def test_a_dropped_mode_costs_recall_and_no_precision():
    real, fake = clusters([0.0, 0.0], [10.0, 0.0]), clusters([0.0, 0.0], n=200, seed=7)
    precision, recall = precision_recall(real, fake)
    assert precision > 0.9 and recall < 0.55


def test_what_is_invented_costs_precision_and_no_recall():
    real, fake = clusters([0.0, 0.0], n=200, seed=7), clusters([0.0, 0.0], [10.0, 0.0])
    precision, recall = precision_recall(real, fake)
    assert precision < 0.55 and recall > 0.9


def test_precision_by_hand():
    real = torch.tensor([[0.0], [1.0], [3.0]])  # radii to the nearest neighbour: 1, 1, 2
    fake = torch.tensor([[-0.9], [5.0], [5.1], [-1.5]])  # inside the first; on the third's edge; outside; outside
    assert precision_recall(real, fake, k=1)[0] == 0.5
    assert precision_recall(real, real, k=1) == (1, 1)


def test_precision_and_recall_are_their_definition_in_more_blocks_than_one():
    """All distances at once, the third nearest but itself: Kynkäänniemi et al. 2019, eqs. 1 and 2."""
    real, fake = normal(1100, 2, seed=1).double(), 1.5 * normal(1200, 2, seed=2).double()

    def share(points, centres):
        radii = torch.cdist(centres, centres).sort(dim=1).values[:, 3]
        return (torch.cdist(points, centres) <= radii).any(dim=1).double().mean().item()

    assert precision_recall(real, fake) == (share(fake, real), share(real, fake))
    assert 0.5 < share(fake, real) < share(real, fake) < 1, "or the test would see nothing"


@pytest.mark.parametrize("k", [0, 5])
def test_a_neighbour_that_there_is_not_is_named(k):
    with pytest.raises(ValueError, match=f"k = {k}: expected at least 1 and below the number of examples, 5"):
        precision_recall(normal(5, 2), normal(6, 2), k=k)


# Memorising, and classes


def test_nearest_finds_the_image_that_was_memorised():
    among = normal(1000, 8)
    distance, index = nearest(among[[7, 900]] + 1e-3, among)
    assert index.tolist() == [7, 900]
    torch.testing.assert_close(distance, torch.full((2,), 1e-3 * 8**0.5, dtype=torch.float64), rtol=1e-3, atol=0)


def test_class_shares_and_their_imbalance():
    logits = torch.eye(10)[torch.tensor([0, 0, 1, 1])]
    assert class_shares(logits).tolist() == [0.5, 0.5] + [0] * 8
    assert class_imbalance(class_shares(logits)) == pytest.approx(math.log(5))
    assert class_imbalance(torch.full((10,), 0.1)) == pytest.approx(0, abs=1e-7)


# Bad input


@pytest.mark.parametrize("score", [fid, kid, precision_recall])
def test_what_does_not_fit_is_named(score):
    with pytest.raises(ValueError, match=r"real has shape \(9, 2\) and fake \(9, 3\): expected features"):
        score(normal(9, 2), normal(9, 3))
    with pytest.raises(ValueError, match="fake holds a NaN or an infinite number"):
        score(normal(9, 2), normal(9, 2) * torch.nan)


def test_kid_needs_as_many_of_each():
    with pytest.raises(ValueError, match="9 real and 8 generated examples"):
        kid(normal(9, 2), normal(8, 2))


@pytest.mark.parametrize("network", [metrics.features, metrics.judge])
@pytest.mark.parametrize(
    ("images", "named"),
    [
        (torch.zeros(2, 784), r"shape \(2, 784\) and type torch.float32: expected floating-point images"),
        (torch.zeros(0, 1, 28, 28), r"shape \(0, 1, 28, 28\)"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), "type torch.uint8: .* which mnist.scale makes of pixels"),
        (torch.full((2, 1, 28, 28), 255.0), r"images reach 255: expected values in \[-1, 1\]"),
        (torch.full((2, 1, 28, 28), 1.5), r"images reach 1.5: expected values in \[-1, 1\]"),
        (torch.full((2, 1, 28, 28), torch.nan), "images reach nan"),
    ],
)
def test_images_that_no_network_knows_are_named(network, images, named):
    with pytest.raises(ValueError, match=named):
        network(images)


@pytest.mark.parametrize("network", [metrics.features, metrics.judge])
def test_one_image_is_enough_and_no_gradient_is_kept(network):
    assert not network(torch.zeros(1, 1, 28, 28, requires_grad=True)).requires_grad


def test_two_examples_are_enough_and_one_is_not():
    assert math.isfinite(fid(normal(2, 2), normal(2, 2, seed=1)))
    with pytest.raises(ValueError, match="n, m ≥ 2"):
        fid(normal(2, 2), normal(1, 2))


# Near and far


def test_the_nearest_is_found_far_from_the_origin_too():
    """In float32, squares of 1e4 are multiples of 8: distances of 1 would be lost among them."""
    x, among = normal(30, 5, seed=1) + 1e4, normal(300, 5) + 1e4
    distances = torch.cdist(x.double(), among.double())
    found, index = nearest(x, among)
    torch.testing.assert_close(index, distances.argmin(dim=1))
    torch.testing.assert_close(found.double(), distances.amin(dim=1), rtol=1e-3, atol=0)


@pytest.mark.parametrize("shares", [[0.5, 0.4], [1.5, -0.5], [float("nan"), 1.0]])
def test_shares_that_are_no_distribution_are_named(shares):
    with pytest.raises(ValueError, match="expected non-negative numbers that sum to 1"):
        metrics.class_imbalance(torch.tensor(shares))
