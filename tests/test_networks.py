"""The networks have the sizes that the papers and the tutorials give them."""

import pytest
import torch
from torch import nn

from wgan_lib import networks


def linear_sizes(network):
    return [(layer.in_features, layer.out_features) for layer in network if isinstance(layer, nn.Linear)]


def kinds(network):
    return [type(layer).__name__ for layer in network]


def test_the_mlp_generator_is_that_of_most_tutorials():
    generator = networks.mlp_generator(100)
    assert linear_sizes(generator) == [(100, 128), (128, 256), (256, 512), (512, 1024), (1024, 784)]
    hidden = ["Linear", "BatchNorm1d", "LeakyReLU"]
    assert kinds(generator) == ["Linear", "LeakyReLU", *hidden * 3, "Linear", "Tanh", "Unflatten"]


def test_the_mlp_critic_is_that_of_most_tutorials():
    critic = networks.mlp_critic()
    assert linear_sizes(critic) == [(784, 512), (512, 256), (256, 1)]
    assert kinds(critic) == ["Flatten", "Linear", "LeakyReLU", "Linear", "LeakyReLU", "Linear", "Flatten"]


@pytest.mark.parametrize(
    "network", [networks.mlp_generator(3), networks.mlp_critic(), networks.conv_critic(2, batch_norm=True)]
)
def test_what_is_negative_leaks_a_fifth(network):
    leaks = [layer for layer in network if type(layer).__name__ == "LeakyReLU"]
    assert leaks
    for layer in leaks:
        x = torch.tensor([-10.0, -0.5, 0.0, 3.0], requires_grad=True)
        torch.testing.assert_close(layer(x), torch.tensor([-2.0, -0.1, 0.0, 3.0]))
        torch.testing.assert_close(torch.autograd.grad(layer(x).sum(), x)[0], torch.tensor([0.2, 0.2, 0.2, 1.0]))


def test_parameters_are_counted_by_hand():
    def dense(*sizes):
        return sum((n + 1) * m for n, m in zip(sizes[:-1], sizes[1:], strict=True))

    batch_norm = 2 * (256 + 512 + 1024)
    assert networks.parameter_count(networks.mlp_generator(100)) == dense(100, 128, 256, 512, 1024, 784) + batch_norm
    assert networks.parameter_count(networks.mlp_critic()) == dense(784, 512, 256, 1) == 533_505
    frozen = networks.mlp(2, 3, 1).requires_grad_(False)
    assert networks.parameter_count(frozen) == 0


@pytest.mark.parametrize("generator", [networks.mlp_generator(7), networks.conv_generator(7, 3)], ids=["mlp", "conv"])
def test_generators_turn_noise_into_images_between_minus_one_and_one(generator):
    images = generator(100 * torch.randn(5, 7, generator=torch.Generator().manual_seed(0)))
    assert images.shape == (5, *networks.IMAGE_SHAPE)
    assert -1 <= images.min() < 0 < images.max() <= 1


CRITICS = {
    "mlp": networks.mlp_critic,
    "conv": lambda: networks.conv_critic(3, batch_norm=False),
    "conv, batch norm": lambda: networks.conv_critic(3, batch_norm=True),
}


@pytest.mark.parametrize("make", CRITICS.values(), ids=CRITICS)
def test_critics_give_one_unbounded_score_for_each_image(make):
    scores = make()(1e4 * torch.randn(5, *networks.IMAGE_SHAPE, generator=torch.Generator().manual_seed(0)))
    assert scores.shape == (5,)
    assert "Sigmoid" not in kinds(make())


@pytest.mark.parametrize("make", [networks.mlp_critic, CRITICS["conv"], networks.toy_critic])
def test_a_critic_for_a_penalty_judges_each_example_on_its_own(make):
    critic = make()
    shape = (2,) if make is networks.toy_critic else networks.IMAGE_SHAPE
    batch = torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(critic(batch)[:1], critic(batch[:1]))
    assert not [kind for kind in kinds(critic) if "BatchNorm" in kind]


def test_batch_norm_stands_behind_the_second_and_third_convolution_where_it_is_asked_for():
    critic = networks.conv_critic(3, batch_norm=True)
    assert [layer.num_features for layer in critic if isinstance(layer, nn.BatchNorm2d)] == [6, 12]


def test_the_conv_networks_have_the_feature_maps_that_their_comments_promise():
    x, shapes = torch.zeros(2, *networks.IMAGE_SHAPE), []
    for layer in networks.conv_critic(3, batch_norm=False):
        x = layer(x)
        shapes += [tuple(x.shape[1:])] if isinstance(layer, nn.Conv2d) else []
    assert shapes == [(3, 14, 14), (6, 7, 7), (12, 4, 4)]
    x, shapes = torch.zeros(2, 5), []
    for layer in networks.conv_generator(5, 3):
        x = layer(x)
        shapes += [tuple(x.shape[1:])] if isinstance(layer, nn.ConvTranspose2d) else []
    assert shapes == [(12, 4, 4), (6, 7, 7), (3, 14, 14), (1, 28, 28)]


def test_the_toy_networks_have_the_depth_and_width_asked_for():
    assert linear_sizes(networks.toy_critic()) == [(2, 512), (512, 512), (512, 512), (512, 1)]
    assert linear_sizes(networks.toy_critic(3, width=4, depth=12)) == [(3, 4), *[(4, 4)] * 11, (4, 1)]
    assert linear_sizes(networks.toy_generator(5, 2, width=8, depth=2)) == [(5, 8), (8, 8), (8, 2)]
    assert networks.toy_critic()(torch.zeros(6, 2)).shape == (6,)
    assert networks.toy_generator()(torch.zeros(6, 2)).shape == (6, 2)


def test_the_toy_critic_starts_as_he_et_al_say():
    torch.manual_seed(0)
    layers = [layer for layer in networks.toy_critic() if isinstance(layer, nn.Linear)]
    assert all((layer.bias == 0).all() for layer in layers)
    for layer in layers[:3]:
        assert layer.weight.std().item() == pytest.approx((2 / layer.in_features) ** 0.5, rel=0.1)


def test_an_mlp_is_linear_at_the_end():
    assert kinds(networks.mlp(2, 3, 4, 1, activation=nn.Tanh)) == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
    assert kinds(networks.mlp(2, 1)) == ["Linear"]


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0, 1), (-1, 2)])
def test_impossible_sizes_are_named(sizes):
    with pytest.raises(ValueError, match=r"sizes \("):
        networks.mlp(*sizes)


BAD_SIZES = [
    (networks.toy_critic, {"width": 0}), (networks.toy_critic, {"depth": -3}), (networks.toy_critic, {"dimension": 0}),
    (networks.toy_generator, {"width": -1}), (networks.toy_generator, {"depth": -1}),
    (networks.toy_generator, {"latent_dim": 0}), (networks.mlp_generator, {"latent_dim": -5}),
    (networks.conv_generator, {"latent_dim": 4, "width": 0}), (networks.conv_generator, {"width": 2, "latent_dim": 0}),
    (networks.conv_generator, {"latent_dim": 4, "width": 2, "channels": 0}),
    (networks.conv_critic, {"batch_norm": False, "width": -2}), (networks.toy_critic, {"width": 1.5}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "sizes"), BAD_SIZES)
def test_sizes_of_no_network_are_named(make, sizes):
    *_, (name, value) = sizes.items()
    with pytest.raises(ValueError, match=f"^{name} = {value}: expected a whole number, at least [01]$"):
        make(**sizes)
    assert kinds(networks.toy_critic(depth=0)) == ["Linear", "Flatten"]


@pytest.mark.parametrize("training", [True, False])
def test_sampling_leaves_mode_statistics_and_gradients_as_they_were(training):
    generator = networks.mlp_generator(4).train(training)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    images = networks.sample(generator, torch.randn(8, 4))
    assert generator.training is training and not images.requires_grad
    assert all(torch.equal(before[name], value) for name, value in generator.state_dict().items())
    assert all(p.grad is None for p in generator.parameters())


def test_a_sample_does_not_depend_on_its_neighbours_in_the_batch():
    generator, latent = networks.mlp_generator(4), torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(networks.sample(generator, latent)[:1], networks.sample(generator, latent[:1]))


def test_a_sample_that_fails_still_restores_the_mode():
    generator = networks.mlp_generator(4)
    with pytest.raises(RuntimeError):
        networks.sample(generator, torch.zeros(2, 5))
    assert generator.training


# Self-attention


def attention(channels=16, gamma=0.7):
    torch.manual_seed(0)
    block = networks.SelfAttention(channels).double()
    block.gamma.data.fill_(gamma)
    return block


FEATURES = torch.randn(2, 16, 3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_attention_does_nothing_at_the_start():
    assert torch.equal(networks.SelfAttention(16).double()(FEATURES), FEATURES)


def test_attention_is_the_sum_of_the_paper_written_out():
    block = attention()
    f, g, h = (layer(FEATURES).flatten(2) for layer in (block.key, block.query, block.content))
    expected = FEATURES.clone().flatten(2)
    for n in range(2):
        for j in range(12):
            beta = torch.softmax(torch.stack([f[n, :, i] @ g[n, :, j] for i in range(12)]), dim=0)
            drawn = sum(beta[i] * h[n, :, i] for i in range(12))
            expected[n, :, j] += block.gamma * (block.out.weight[:, :, 0, 0] @ drawn + block.out.bias)
    torch.testing.assert_close(block(FEATURES).flatten(2), expected)


def test_each_position_shares_out_its_whole_attention():
    maps = attention().maps(FEATURES)
    assert maps.shape == (2, 12, 12) and (maps > 0).all()
    torch.testing.assert_close(maps.sum(dim=2), torch.ones(2, 12, dtype=torch.float64))


def test_attention_follows_a_permutation_of_the_positions():
    block, order = attention(), torch.randperm(12, generator=torch.Generator().manual_seed(2))
    shuffled = FEATURES.flatten(2)[:, :, order].unflatten(2, (3, 4))
    torch.testing.assert_close(block(shuffled).flatten(2), block(FEATURES).flatten(2)[:, :, order])


def test_a_penalty_differentiates_twice_through_attention():
    block, x = attention(channels=2), FEATURES[:1, :2].clone().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda y: block(y).square().sum(), x)


def test_a_conv_generator_draws_as_many_channels_as_are_asked():
    generator = networks.conv_generator(5, 3, channels=3)
    assert generator(torch.zeros(2, 5)).shape == (2, 3, 28, 28)
    assert networks.parameter_count(generator) - networks.parameter_count(networks.conv_generator(5, 3)) == 2 * (48 + 1)
