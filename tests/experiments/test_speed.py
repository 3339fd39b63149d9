"""The work that is counted is the work that there is; the yardstick plays the same game."""

import pytest
import torch

from wgan_lib import mnist, training
from wgan_lib.experiments import speed
from wgan_lib.training import preset


@pytest.fixture
def few(monkeypatch, images):
    """Let MNIST be a few discs."""
    monkeypatch.setattr(mnist, "images", lambda split="train", **options: images)


def test_the_operations_of_the_perceptrons_are_those_counted_by_hand(few):
    n = 64
    critic, generator = speed.step_work(preset("wgan-gp", device="cpu"))
    first, rest = 784 * 512, 512 * 256 + 256
    made = 100 * 128 + 128 * 256 + 256 * 512 + 512 * 1024 + 1024 * 784
    scores = (
        2 * n * (3 * (first + rest) - first)
    )  # both batches: values, weight gradients, input gradients but the last
    penalty = n * (4 * (first + rest) - 256)  # values, slopes, their derivatives; the last layer's slopes start from 1
    assert critic.flops == 2 * (scores + penalty + n * made)
    assert generator.flops == 2 * n * (2 * (first + rest) + 3 * made - 100 * 128)


def test_the_operations_of_the_convolutions_are_those_counted_by_hand(few):
    n, w = 8, 4
    critic, _ = speed.step_work(preset("wgan-gp-conv", device="cpu", batch_size=n, width=w))
    first, second, rest = 25 * w * 196, 25 * w * 2 * w * 49, 25 * 2 * w * 4 * w * 16 + 64 * w
    made = 16 * 100 * 4 * w + 16 * 9 * 4 * w * 2 * w + 49 * 16 * 2 * w * w + 196 * 16 * w
    every = first + second + rest
    scores, penalty = 2 * n * (3 * every - first), n * (4 * every - 64 * w)
    cropped = n * (first + second) * 11 / 25  # torch derives 6 × 6 kernels where the stride leaves a row, and cuts them
    assert critic.flops == 2 * (scores + penalty + n * made + cropped)


def test_bytes_are_those_that_operations_read_and_write_and_a_view_moves_none():
    x, y = torch.zeros(10, 4), torch.zeros(4, 3)
    assert speed.work(lambda: x.t().reshape(40).view(4, 10)[1:]).bytes == 2 * 160, "one copy: reshape of a transpose"
    found = speed.work(lambda: x @ y)
    assert found == (2 * 10 * 4 * 3, 4 * (40 + 12 + 30))


def test_bytes_of_a_choice_are_those_of_what_is_chosen():
    images, which = torch.zeros(1000, 28, dtype=torch.uint8), torch.arange(3)
    assert speed.work(lambda: images[which]).bytes == 2 * 3 * 28 + 3 * 8


def test_bytes_of_fused_adam_are_four_arrays_read_and_three_written():
    weight = torch.zeros(100, requires_grad=True)
    adam = torch.optim.Adam([weight], fused=True)
    weight.grad = torch.ones(100)
    adam.step()  # the first makes the moments
    assert 0 <= speed.work(adam.step).bytes - 7 * 100 * 4 < 30, "and a number of steps"


@pytest.mark.parametrize("name", ["wgan-gp", "wgan-gp-conv"])
def test_the_usual_loop_plays_the_same_game(tmp_path, monkeypatch, images, name):
    speed.unpack_for_torchvision(tmp_path)
    narrow = {"width": 4} if name == "wgan-gp-conv" else {}
    config = preset(name, device="cpu", batch_size=16, critic_steps=1, **narrow)
    real, noise, epsilon = mnist.scale(images), torch.randn(16, config.latent_dim), torch.rand(16, 1, 1, 1)
    usual = speed.PlainLoop(config, str(tmp_path))
    usual.batches = iter([real])
    monkeypatch.setattr(usual, "_noise", lambda: noise)
    monkeypatch.setattr(torch, "rand", lambda *shape, **options: epsilon)
    usual.cycle()
    players = training.build(config)
    generator, critic = players
    optimizers = [torch.optim.Adam(each.parameters(), config.learning_rate, betas=config.betas) for each in players]
    with torch.no_grad():
        fake = generator(noise)
    training.critic_step(critic, optimizers[1], real, fake, penalty=config.penalty, epsilon=epsilon)
    training.generator_step(generator, optimizers[0], critic, noise)
    for ours, theirs in ((critic, usual.critic), (generator, usual.generator)):
        off = [(one - other).abs().flatten() for one, other in
               zip(ours.parameters(), theirs.parameters(), strict=True)]  # fmt: skip
        assert torch.cat(off).mean() < 0.01 * config.learning_rate, "each weight has moved by about one learning rate"


def test_bare_products_are_those_of_the_call_and_nothing_else():
    x, weight = torch.randn(8, 5), torch.randn(5, 3, requires_grad=True)
    again = speed.bare_products(lambda: (x @ weight).relu().sum().backward())
    whole = speed.work(lambda: (x @ weight).relu().sum().backward())
    bare = speed.work(again)
    assert bare.flops == whole.flops == 2 * (2 * 8 * 5 * 3), "forward, and the gradient of the weights"
    assert bare.bytes == 4 * 2 * (8 * 5 + 5 * 3 + 8 * 3), "no ReLU, no sum"


def test_the_products_of_a_cycle_are_all_that_is_counted(few):
    config = preset("wgan-gp", device="cpu", batch_size=8, steps=100)
    critic, generator = speed.step_work(config)
    again = speed.bare_products(speed.cycle_of(training.Trainer(config)))
    assert speed.work(again).flops == 5 * critic.flops + generator.flops
