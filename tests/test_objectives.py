"""The losses against the formulas of the papers, written out in float64."""

import numpy as np
import pytest
import torch

from wgan_lib import divergences, objectives
from wgan_lib.objectives import OBJECTIVES

REAL = torch.tensor([0.3, -1.2, 2.5], dtype=torch.float64)
FAKE = torch.tensor([-0.4, 0.9, 0.0, -3.0], dtype=torch.float64)  # another number of scores


def log_d(scores):
    return np.log(1 / (1 + np.exp(-scores.numpy())))


def log_1_minus_d(scores):
    return np.log(1 - 1 / (1 + np.exp(-scores.numpy())))


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        (objectives.wasserstein_critic_loss(REAL, FAKE), FAKE.numpy().mean() - REAL.numpy().mean()),
        (objectives.wasserstein_generator_loss(FAKE), -FAKE.numpy().mean()),
        (objectives.logistic_critic_loss(REAL, FAKE), -log_d(REAL).mean() - log_1_minus_d(FAKE).mean()),
        (objectives.minimax_generator_loss(FAKE), log_1_minus_d(FAKE).mean()),
        (objectives.non_saturating_generator_loss(FAKE), -log_d(FAKE).mean()),
    ],
    ids=["wasserstein critic", "wasserstein generator", "logistic critic", "minimax", "non-saturating"],
)
def test_each_loss_is_its_papers_formula(loss, formula):
    assert loss.item() == pytest.approx(formula, rel=1e-14)


@pytest.fixture(params=OBJECTIVES.values(), ids=OBJECTIVES)
def objective(request):
    return request.param


def slope(function, scores):
    scores = scores.clone().requires_grad_()
    return torch.autograd.grad(function(scores), scores)[0]


def test_the_critic_gains_when_real_scores_rise_and_fake_ones_fall(objective):
    assert (slope(lambda real: objective.critic_loss(real, FAKE), REAL) < 0).all()
    assert (slope(lambda fake: objective.critic_loss(REAL, fake), FAKE) > 0).all()


def test_the_generator_gains_when_its_scores_rise(objective):
    assert (slope(objective.generator_loss, FAKE) < 0).all()


def test_a_lower_critic_loss_estimates_a_longer_distance(objective):
    assert objective.estimate(torch.tensor(0.2)) > objective.estimate(torch.tensor(0.7))


def test_losses_and_slopes_are_finite_for_extreme_scores(objective):
    extreme = torch.tensor([-1e30, -1e4, 0.0, 1e4, 1e30])
    assert torch.isfinite(objective.critic_loss(extreme, extreme.flip(0)))
    for function in (objective.generator_loss, lambda scores: objective.critic_loss(scores, scores)):
        assert torch.isfinite(function(extreme))
        assert torch.isfinite(slope(function, extreme)).all()


def test_the_shape_of_the_scores_does_not_matter(objective):
    flat = objective.critic_loss(REAL, FAKE)
    assert torch.equal(objective.critic_loss(REAL[:, None], FAKE.reshape(2, 2)), flat)


def test_the_original_cost_falls_silent_before_a_sure_critic_and_the_other_does_not():
    sure = torch.tensor([-30.0])
    assert slope(objectives.minimax_generator_loss, sure).abs() < 1e-12
    assert slope(objectives.non_saturating_generator_loss, sure) == pytest.approx(-1)


def test_at_the_optimal_discriminator_the_estimate_is_js():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    score = np.log(p / q)  # the logit of p / (p + q)
    copies = 10
    real, fake = (torch.from_numpy(np.repeat(score, (copies * mass).round().astype(int))) for mass in (p, q))
    estimate = objectives.js_estimate(objectives.logistic_critic_loss(real, fake))
    assert estimate.item() == pytest.approx(divergences.js(p, q))


def test_a_worse_discriminator_estimates_less_than_js():
    blind = objectives.logistic_critic_loss(torch.zeros(5), torch.zeros(5))
    assert objectives.js_estimate(blind).item() == pytest.approx(0, abs=1e-7)
    assert objectives.js_estimate(torch.tensor(0.0)).item() == pytest.approx(np.log(2))


def test_the_critics_estimate_of_w_is_the_difference_of_its_means():
    loss = objectives.wasserstein_critic_loss(REAL, FAKE)
    assert objectives.wasserstein_estimate(loss).item() == pytest.approx((REAL.mean() - FAKE.mean()).item())
