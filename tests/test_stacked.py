"""Stacked MNIST: what is drawn, how it is read, and what chance alone does to the count."""

import doctest

import numpy as np
import pytest
import torch

from wgan_lib import mnist, randomness, stacked

EVEN = np.full(1000, 1e-3)


def test_a_stack_holds_digits_as_they_are_each_in_its_channel():
    pixels = torch.arange(7, dtype=torch.uint8).reshape(7, 1, 1, 1).expand(7, 1, 28, 28)
    images = stacked.stack(pixels, 4000, randomness.stream(0, "test"))
    assert images.dtype == torch.uint8 and images.shape == (4000, 3, 28, 28)
    drawn = images[:, :, 0, 0]
    assert torch.equal(images, drawn[:, :, None, None].expand_as(images))  # whole digits, none mixed
    for channel in range(3):  # 4000 / 7 = 571, of deviation 22
        assert (drawn[:, channel].long().bincount(minlength=7) - 571).abs().max() < 110
    same = (drawn[:, 0] == drawn[:, 1]).double().mean()  # by chance, in one case of 7
    assert abs(same - 1 / 7) < 0.03


def test_a_stack_repeats_with_its_stream():
    pixels = mnist.images("test")[:50]
    first, again = (stacked.stack(pixels, 9, randomness.stream(3, "test")) for _ in "12")
    assert torch.equal(first, again)


def test_a_stack_refuses_scaled_images():
    with pytest.raises(ValueError, match="uint8"):
        stacked.stack(torch.zeros(5, 1, 28, 28), 3, torch.Generator())


def test_modes_of_real_digits_are_read_channel_by_channel():
    images, labels = mnist.images("test")[:300], mnist.labels("test")[:300]
    read = stacked.modes(mnist.scale(images).reshape(100, 3, 28, 28))
    right = stacked.spell(labels.reshape(100, 3))
    assert (read == right).double().mean() > 0.94  # .993 cubed is .979
    swapped = stacked.modes(mnist.scale(images).reshape(100, 3, 28, 28).flip(1))
    assert torch.equal(swapped, read % 10 * 100 + read // 10 % 10 * 10 + read // 100)


@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (3, 28, 28), (2, 4, 28, 28)])
def test_modes_refuse_images_without_three_channels(shape):
    with pytest.raises(ValueError, match=r"expected \(n, 3, 28, 28\)"):
        stacked.modes(torch.zeros(shape))


def test_the_true_law_is_that_of_the_training_labels():
    law = stacked.true_law()
    shares = mnist.labels().bincount(minlength=10).double().numpy() / 60_000
    assert law.sum() == pytest.approx(1)
    assert law[742] == pytest.approx(shares[7] * shares[4] * shares[2])


@pytest.mark.parametrize("k", [1, 10, 250, 1000])
def test_k_modes_drawn_evenly_have_the_kl_of_a_logarithm(k):
    counts = np.repeat([26, 0], [k, 1000 - k])
    assert stacked.reverse_kl(counts, EVEN) == pytest.approx(np.log(1000 / k))


def test_the_other_kl_would_be_infinite():
    from wgan_lib.divergences import kl

    counts = np.repeat([26, 0], [999, 1])
    assert kl(EVEN, counts / counts.sum()) == np.inf
    assert stacked.reverse_kl(counts, EVEN) == pytest.approx(np.log(1000 / 999))


@pytest.mark.parametrize("law", [EVEN, stacked.true_law()], ids=["even", "true"])
def test_floor_and_modes_are_the_means_of_a_simulation(law):
    draws = np.random.default_rng(0).multinomial(3000, law, size=400)
    kls = [stacked.reverse_kl(counts, law) for counts in draws]
    assert stacked.kl_floor(3000, law) == pytest.approx(np.mean(kls), abs=5 * np.std(kls) / 20)
    found = (draws > 0).sum(axis=1)
    assert stacked.expected_modes(3000, law) == pytest.approx(found.mean(), abs=5 * found.std() / 20)


def test_the_floor_tends_to_half_the_modes_by_the_draws():
    for n, off in [(26_000, 0.02), (260_000, 0.002)]:
        assert stacked.kl_floor(n, EVEN) == pytest.approx(999 / (2 * n), rel=off)
    assert stacked.kl_floor(1, EVEN) == pytest.approx(np.log(1000))  # one draw is one mode


def test_expected_modes_at_the_ends():
    assert stacked.expected_modes(1, EVEN) == pytest.approx(1)
    assert stacked.expected_modes(2, EVEN) == pytest.approx(2 - 1e-3)
    assert stacked.expected_modes(10**6, EVEN) == pytest.approx(1000)
    assert stacked.expected_modes(26_000, np.eye(1000)[5]) == pytest.approx(1)


def test_a_reader_who_errs_in_one_of_ten_spreads_one_mode_as_a_product():
    confusion = 0.9 * np.eye(10) + 0.1 * np.roll(np.eye(10), 1, axis=1)  # one too many
    seen = stacked.read(np.eye(1000)[123], confusion)
    expected = {123: 0.729, 124: 0.081, 133: 0.081, 223: 0.081, 134: 0.009, 224: 0.009, 233: 0.009, 234: 0.001}
    assert {int(mode): seen[mode] for mode in seen.nonzero()[0]} == pytest.approx(expected)
    assert np.allclose(stacked.read(stacked.true_law(), np.eye(10)), stacked.true_law())


def test_the_examples_run():
    failed, tried = doctest.testmod(stacked)
    assert failed == 0 and tried >= 9  # one at least for each function
