"""Clipping and the gradient penalty, against closed forms and finite differences."""

import pytest
import torch
from torch import nn

from wgan_lib import networks
from wgan_lib.lipschitz import (
    clip_weights,
    gradient_norms,
    gradient_penalty,
    r1_penalty,
    singular_values,
    spectral_norm,
)


def linear(*weights):
    """Return the critic x -> w·x, whose slope is ‖w‖ everywhere."""
    critic = nn.Sequential(nn.Flatten(), nn.Linear(len(weights), 1), nn.Flatten(0)).double()
    critic[1].weight.data = torch.tensor([weights], dtype=torch.float64)
    return critic


def batch(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def smooth_critic(d=3):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(d, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()


def rng():
    return torch.Generator().manual_seed(1)


# Clipping


def test_clipping_cuts_what_is_too_large_and_leaves_the_rest():
    critic = linear(-3.0, 0.02, 0.7)
    critic[1].bias.data.fill_(5.0)
    clip_weights(critic, 0.1)
    torch.testing.assert_close(critic[1].weight.data, torch.tensor([[-0.1, 0.02, 0.1]], dtype=torch.float64))
    assert critic[1].bias.item() == pytest.approx(0.1)


def test_clipping_reaches_every_layer_and_leaves_no_trace_for_autograd():
    critic = networks.mlp_critic()
    clip_weights(critic, 0.01)
    assert max(p.abs().max().item() for p in critic.parameters()) <= 0.01 * (1 + 1e-6)
    assert all(p.requires_grad and p.is_leaf and p.grad is None for p in critic.parameters())


@pytest.mark.parametrize("c", [0, 0.0, -0.01, float("nan"), float("inf")])
def test_a_bound_that_is_not_positive_is_named_and_changes_nothing(c):
    critic = linear(1.0, 2.0)
    with pytest.raises(ValueError, match=f"c = {c}: the clipping bound must be positive"):
        clip_weights(critic, c)
    assert critic[1].weight.tolist() == [[1, 2]]


# The slope


def test_the_slope_of_a_linear_critic_is_the_length_of_its_weights():
    torch.testing.assert_close(gradient_norms(linear(3.0, 4.0), batch(7, 2)), torch.full((7,), 5.0).double())


def test_the_slope_is_each_examples_own():
    x = batch(6, 3)
    norms = gradient_norms(lambda x: x.square().sum(1) / 2, x)
    torch.testing.assert_close(norms, x.norm(dim=1))


def test_the_slope_is_that_of_finite_differences():
    critic, x, h = smooth_critic(), batch(5, 3), 1e-6
    partial = [(critic(x + h * e) - critic(x - h * e)) / (2 * h) for e in torch.eye(3).double()]
    torch.testing.assert_close(gradient_norms(critic, x), torch.stack(partial).norm(dim=0), rtol=1e-6, atol=1e-9)


def test_measuring_leaves_no_gradient_behind():
    critic, x = smooth_critic(), batch(5, 3)
    gradient_norms(critic, x)
    assert not x.requires_grad and all(p.grad is None for p in critic.parameters())


# The penalty


@pytest.mark.parametrize("shape", [(5,), (5, 4), (5, 1, 2, 2), (5, 2, 1, 2, 1)])
def test_a_linear_critic_pays_its_norm_less_one_squared_whatever_the_shape(shape):
    numbers = torch.Size(shape[1:]).numel()
    critic = linear(*[2.0] * numbers)

    def score(x):
        return critic(x.reshape(len(x), -1))

    expected = (2 * numbers**0.5 - 1) ** 2
    assert gradient_penalty(score, batch(*shape), batch(*shape, seed=1)).item() == pytest.approx(expected)


def test_images_of_mnist_have_the_right_shape():
    critic = networks.conv_critic(4, batch_norm=False)
    penalty = gradient_penalty(critic, torch.rand(3, 1, 28, 28), torch.rand(3, 1, 28, 28))
    assert penalty.shape == () and penalty > 0


@pytest.mark.parametrize(
    ("weights", "options", "expected"),
    [
        ((0.3, 0.4), {}, 0.25),
        ((0.3, 0.4), {"one_sided": True}, 0),
        ((3.0, 4.0), {"one_sided": True}, 16),
        ((3.0, 4.0), {"target": 0.0}, 25),
        ((3.0, 4.0), {"target": 5.0}, 0),
        ((3.0, 4.0), {"target": 2.0, "one_sided": True}, 9),
    ],
)
def test_target_and_side(weights, options, expected):
    penalty = gradient_penalty(linear(*weights), batch(4, 2), batch(4, 2, seed=1), **options)
    assert penalty.item() == pytest.approx(expected, abs=1e-12)


def test_the_mean_is_over_examples_not_over_batches():
    """Half the examples have slope 0 and half slope 2: each pays 1, though their mean slope would pay nothing."""
    slopes = torch.tensor([0.0, 2.0, 0.0, 2.0]).double()
    penalty = gradient_penalty(lambda x: slopes * x[:, 0], batch(4, 1), batch(4, 1))
    assert penalty.item() == pytest.approx(1)


def where_it_looks(real, fake, rng=None):
    """Return the mixed examples at which the penalty asks the critic."""
    seen = []

    def spy(x):
        seen.append(x.detach())
        return x.flatten(1).sum(1)

    gradient_penalty(spy, real, fake, rng=rng)
    return seen[0]


def test_each_example_is_mixed_with_one_epsilon_of_its_own_between_0_and_1():
    epsilon = where_it_looks(torch.ones(2000, 1, 3, 3), torch.zeros(2000, 1, 3, 3)).flatten(1)
    assert (epsilon == epsilon[:, :1]).all(), "one for all pixels of an example"
    assert len(epsilon[:, 0].unique()) > 1900, "another for each example"
    torch.testing.assert_close(epsilon[:, 0].sort().values, torch.linspace(0, 1, 2000), atol=0.05, rtol=0)


def test_it_looks_on_the_straight_line_between_a_real_and_a_fake_example():
    real, fake = batch(6, 3), batch(6, 3, seed=1)
    mixed = where_it_looks(real, fake)
    torch.testing.assert_close((real - mixed).norm(dim=1) + (mixed - fake).norm(dim=1), (real - fake).norm(dim=1))


def test_the_generator_decides_epsilon():
    real, fake = torch.ones(5, 2), torch.zeros(5, 2)
    assert torch.equal(where_it_looks(real, fake, rng()), where_it_looks(real, fake, rng()))
    before = torch.get_rng_state()
    where_it_looks(real, fake, rng())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("options", [{}, {"one_sided": True, "target": 0.2}, {"target": 0.0}])
def test_its_gradient_in_the_weights_is_that_of_finite_differences(options):
    critic, real, fake, h = smooth_critic(), batch(5, 3), batch(5, 3, seed=1), 1e-6

    def penalty():
        return gradient_penalty(critic, real, fake, rng=rng(), **options)

    weights = list(critic.parameters())[:3]  # the last bias moves all scores alike, and no slope
    analytic = torch.cat([g.flatten() for g in torch.autograd.grad(penalty(), weights)])
    numeric = []
    for weight in weights:
        for entry in weight.data.view(-1).split(1):
            entry += h
            above = penalty().item()
            entry -= 2 * h
            numeric.append((above - penalty().item()) / (2 * h))
            entry += h
    torch.testing.assert_close(analytic, torch.tensor(numeric, dtype=torch.float64), rtol=1e-5, atol=1e-8)
    assert analytic.abs().max() > 1e-3


def test_a_critic_that_is_flat_pays_one_and_gets_no_nan():
    critic = linear(0.0, 0.0)
    penalty = gradient_penalty(critic, batch(4, 2), batch(4, 2, seed=1))
    penalty.backward()
    assert penalty.item() == 1
    assert torch.isfinite(critic[1].weight.grad).all()


def test_no_gradient_flows_to_the_examples():
    real, fake = batch(4, 3).requires_grad_(), batch(4, 3, seed=1).requires_grad_()
    gradient_penalty(smooth_critic(), real, fake).backward()
    assert real.grad is None and fake.grad is None


def test_examples_that_are_no_pairs_are_named():
    with pytest.raises(ValueError, match=r"real has shape \(4, 2\) and fake \(3, 2\)"):
        gradient_penalty(linear(1.0, 1.0), torch.zeros(4, 2), torch.zeros(3, 2))


def test_descending_the_penalty_leads_to_slope_one():
    critic, real, fake = smooth_critic(), batch(64, 3), batch(64, 3, seed=1)
    weights = list(critic.parameters())[:3]
    before = gradient_penalty(critic, real, fake, rng=rng()).item()
    for _ in range(300):
        slopes = torch.autograd.grad(gradient_penalty(critic, real, fake, rng=rng()), weights)
        for weight, slope in zip(weights, slopes, strict=True):
            weight.data -= 0.05 * slope
    assert gradient_penalty(critic, real, fake, rng=rng()).item() < 0.1 * before
    assert gradient_norms(critic, where_it_looks(real, fake, rng())).mean().item() == pytest.approx(1, abs=0.05)


# R1


def test_r1_of_a_linear_critic_is_half_its_squared_slope():
    assert r1_penalty(linear(3.0, 4.0), batch(5, 2)).item() == pytest.approx(12.5)


def test_r1_of_a_quadratic_critic_is_the_second_moment():
    def critic(x):
        return x.square().sum(dim=1) / 2

    x = batch(50, 3)
    torch.testing.assert_close(r1_penalty(critic, x), x.square().sum(dim=1).mean() / 2)


def test_the_gradient_of_r1_by_the_weights_is_that_of_finite_differences():
    critic, x = smooth_critic(), batch(6, 3)

    def penalty(weight):
        def functional(y):
            return torch.func.functional_call(critic, {"0.weight": weight}, y)

        return r1_penalty(functional, x)

    assert torch.autograd.gradcheck(penalty, critic[0].weight.detach().requires_grad_(), eps=1e-6, atol=1e-7)


# Spectral norm


def settled(critic, rounds=200):
    """Return the critic after so many power iterations."""
    with torch.no_grad():
        for _ in range(rounds):
            critic(torch.zeros(1, critic[0].in_features, dtype=torch.float64))
    return critic.eval()


def test_after_spectral_norm_every_layer_has_norm_one_and_all_directions():
    critic = settled(spectral_norm(smooth_critic()))
    for values in singular_values(critic):
        assert values[0].item() == pytest.approx(1, abs=1e-6)
    assert len(singular_values(critic)[0]) == 3


def test_a_spectrally_normalised_critic_is_1_lipschitz():
    critic = settled(spectral_norm(smooth_critic()))
    assert gradient_norms(critic, 3 * batch(2000, 3)).max().item() <= 1 + 1e-6
    x, y = batch(500, 3), batch(500, 3, seed=1)
    assert ((critic(x) - critic(y)).abs() / (x - y).norm(dim=1)).max().item() <= 1 + 1e-6


def test_spectral_norm_is_the_weight_over_its_largest_singular_value():
    plain, normalised = smooth_critic(), settled(spectral_norm(smooth_critic()))
    largest = torch.linalg.matrix_norm(plain[0].weight, ord=2)
    torch.testing.assert_close(normalised[0].weight, plain[0].weight / largest, rtol=1e-6, atol=1e-8)


def test_singular_values_bound_the_slope_of_a_perceptron():
    critic = smooth_critic()
    bound = torch.stack([values[0] for values in singular_values(critic)]).prod()
    assert 0 < gradient_norms(critic, batch(2000, 3)).max() <= bound + 1e-9


def test_a_kernel_counts_as_a_matrix_of_its_output_channels():
    convolution = nn.Conv2d(2, 5, 3)
    (values,) = singular_values(convolution)
    torch.testing.assert_close(values, torch.linalg.svdvals(convolution.weight.detach().reshape(5, 18)))


def test_a_convolution_with_a_kernel_of_norm_one_can_stretch_an_image_up_to_its_bound():
    convolution = nn.Conv2d(1, 1, 5, padding=2, bias=False)
    nn.init.ones_(convolution.weight)
    critic = spectral_norm(nn.Sequential(convolution)).eval()
    ((norm, *_),) = singular_values(critic)
    assert norm.item() == pytest.approx(1, abs=1e-5)
    image = torch.ones(1, 1, 60, 60)
    stretched = (critic(image).norm() / image.norm()).item()
    assert 4.8 < stretched <= 5


def test_reading_a_weight_in_training_mode_is_a_power_iteration():
    torch.manual_seed(0)
    critic = spectral_norm(nn.Sequential(nn.Linear(20, 30).double()))  # too large for 15 rounds to settle it
    first, second = (singular_values(critic)[0] for _ in range(2))
    critic.eval()
    third, fourth = (singular_values(critic)[0] for _ in range(2))
    assert second[0] < first[0] and torch.equal(third, fourth)


# Bad input


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_slope_at_no_point_is_nan_and_the_other_examples_keep_theirs(bad):
    """A ReLU answers NaN with a finite slope."""
    critic, x = networks.toy_critic(2, 8, 2), batch(5, 2).float()
    whole = gradient_norms(critic, x)
    x[3, 1] = bad
    norms = gradient_norms(critic, x)
    assert norms.isnan().tolist() == [False, False, False, True, False]
    torch.testing.assert_close(norms[:3], whole[:3], rtol=0, atol=0)
    assert gradient_penalty(critic, x, batch(5, 2).float(), rng=rng()).isnan()
    assert r1_penalty(critic, x).isnan()


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(4), nn.SyncBatchNorm(4)])
def test_batch_norm_under_the_penalty_is_refused_and_welcome_once_it_is_fixed(layer):
    critic = nn.Sequential(nn.Linear(2, 4), layer, nn.ReLU(), nn.Linear(4, 1), nn.Flatten(0)).double()
    with pytest.raises(ValueError, match="the critic has batch norm, .* use layer norm"):
        gradient_penalty(critic, batch(5, 2), batch(5, 2))
    assert gradient_penalty(critic.eval(), batch(5, 2), batch(5, 2)).isfinite()


@pytest.mark.parametrize("value", [1.01, 7.0, -0.01, float("nan")])
def test_a_mixture_is_between_the_two(value):
    with pytest.raises(ValueError, match=r"epsilon reaches from .* expected numbers in \[0, 1\]"):
        gradient_penalty(smooth_critic(), batch(5, 3), batch(5, 3), epsilon=torch.full((5, 1), value).double())


@pytest.mark.parametrize("shape", [(5,), (1, 1), (5, 3), (5, 1, 1)])
def test_each_example_is_mixed_by_one_number(shape):
    with pytest.raises(ValueError, match=r"epsilon has shape .* expected one number an example, \(5, 1\)"):
        gradient_penalty(smooth_critic(), batch(5, 3), batch(5, 3), epsilon=torch.rand(shape).double())


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_the_ends_of_the_way_belong_to_it(value):
    """f = ‖x‖²/2 has slope ‖x‖: at ε = 0 the penalty looks at the generated points, at 1 at the real ones."""
    real, fake = batch(5, 3), batch(5, 3, seed=1)
    penalty = gradient_penalty(
        lambda x: x.square().sum(1) / 2, real, fake, epsilon=torch.full((5, 1), value, dtype=torch.float64)
    )
    torch.testing.assert_close(penalty, ((value * real + (1 - value) * fake).norm(dim=1) - 1).square().mean())


def test_slopes_have_a_graph_when_it_is_asked_for_by_name():
    critic, x = smooth_critic(), batch(5, 3)
    assert not gradient_norms(critic, x).requires_grad
    assert gradient_norms(critic, x, create_graph=True).requires_grad
    with pytest.raises(TypeError, match="positional argument"):
        gradient_norms(critic, x, True)
