"""What a trained generator is put to: an area with ties, a search that finds, digits left out, and what is kept."""

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu
from torch import nn

from wgan_lib import mnist, networks, randomness, runs
from wgan_lib.experiments import uses

RECORD = mnist.find_upwards("runs")[0] / "uses"


@pytest.fixture(scope="module")
def generator():
    return runs.load("wgan-gp-tuned-seed0").generator().requires_grad_(False)


@pytest.mark.parametrize("values", [2, 5, 10_000])  # many ties, some, hardly any
def test_the_area_is_that_of_mann_and_whitney(values):
    rng = randomness.stream(values, "ties")
    normal, odd = (torch.randint(values, (n,), generator=rng).float() for n in (50, 30))
    statistic = mannwhitneyu(odd.numpy(), normal.numpy()).statistic
    assert uses.auroc(normal, odd) == pytest.approx(statistic / (50 * 30), abs=1e-12)
    assert uses.auroc(odd, normal) == pytest.approx(1 - uses.auroc(normal, odd), abs=1e-12)


@pytest.mark.parametrize("scores", [torch.zeros(0), torch.tensor([0.0, torch.nan])])
def test_an_area_of_nothing_or_of_no_number_is_refused(scores):
    for pair in ((scores, torch.ones(3)), (torch.ones(3), scores)):
        with pytest.raises(ValueError, match="at least one score"):
            uses.auroc(*pair)


def test_errors_count_where_the_mask_is_one_alone():
    made, images = torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)
    images[0, 0, 0], images[1, 0, 3] = 2.0, 5.0
    top = torch.zeros(4, 4)
    top[:2] = 1
    assert uses.errors(made, images, top).tolist() == [2.0, 0.0]  # 4 pixels of 8 are off by 2
    assert uses.errors(made, images).tolist() == [1.0, 6.25]


def test_a_search_begins_at_the_noise_that_drew_the_image(generator):
    starts = randomness.noise(50, 32, seed=7)
    images = networks.sample(generator, starts)
    assert torch.equal(uses.begin(generator, images[10:20], starts), starts[10:20])


def test_a_search_comes_nearer_and_does_not_look_where_it_may_not(generator):
    images = mnist.scale(mnist.images("test")[:6])
    lower = torch.zeros(28, 28)
    lower[14:] = 1
    altered = images * lower + 9.0 * (1 - lower)  # what is hidden says nothing
    start = uses.begin(generator, images, randomness.noise(200, 32, seed=1), lower)
    assert torch.equal(uses.begin(generator, altered, randomness.noise(200, 32, seed=1), lower), start)
    once, again = (uses.search(generator, each, start, visible=lower, steps=30) for each in (images, altered))
    assert torch.equal(once, again)
    before, after = (uses.errors(networks.sample(generator, z), images, lower) for z in (start, once))
    assert (after < before).all()


def test_a_search_of_a_linear_generator_finds_what_least_squares_finds():
    weights = torch.randn(16, 3, generator=randomness.stream(0, "weights"))
    generator = nn.Sequential(nn.Linear(3, 16, bias=False), nn.Unflatten(1, (1, 4, 4))).requires_grad_(False)
    generator[0].weight.data = weights
    images = torch.randn(5, 1, 4, 4, generator=randomness.stream(1, "images"))
    prior = 0.5  # mean of 16 squares, and prior times the mean of 3
    found = uses.search(generator, images, torch.zeros(5, 3), steps=2000, rate=0.01, prior=prior)
    normal_equations = weights.T @ weights / 16 + prior / 3 * torch.eye(3)
    exact = torch.linalg.solve(normal_equations, weights.T @ images.flatten(1).T / 16).T
    torch.testing.assert_close(found, exact, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("digit", [1, 8])
def test_a_digit_that_is_left_out_is_neither_known_nor_normal(digit):
    _, labels = uses.known(digit, n=500)
    assert len(labels) == 500 and digit not in labels and len(labels.unique()) == 9
    ours, theirs = mnist.scale(mnist.images("test")).flatten(1), mnist.labels("test")
    for images, is_odd in zip(uses.asked(digit), (False, True), strict=True):
        assert len(images) == uses.EACH
        rows = [int((ours == image).all(dim=1).nonzero()[0, 0]) for image in images.flatten(1)[:20]]
        assert all((theirs[row] == digit) == is_odd for row in rows)


def test_a_generator_is_trained_without_the_digit(monkeypatch):
    seen = []
    monkeypatch.setattr(uses.training, "Trainer", lambda config, images: seen.append(len(images)) or Spy())
    uses.without(3, steps=1)
    assert seen == [int((mnist.labels() != 3).sum())]


class Spy:
    """A trainer that does not train."""

    averaged = critic = nn.Identity()
    stopped_by = None

    def run(self):
        """Make no step."""


def test_a_training_that_was_stopped_is_not_taken_for_a_whole_one(monkeypatch):
    stopped = Spy()
    stopped.stopped_by = 15
    monkeypatch.setattr(uses.training, "Trainer", lambda config, *data: stopped)
    for train in (lambda: uses.without(3, steps=1), lambda: uses.told_few(10, 0)):
        with pytest.raises(KeyboardInterrupt):
            train()


def test_the_few_are_as_many_of_each_class_and_another_seed_draws_others():
    images, labels = uses.few(7, seed=0)
    assert labels.bincount().tolist() == [7] * 10 and images.shape == (70, 1, 28, 28)
    assert not torch.equal(images, uses.few(7, seed=1)[0])
    assert torch.equal(images.view(10, 7, -1)[:, :3].flatten(0, 1), uses.few(3, seed=0)[0].flatten(1))


def test_a_classifier_learns_from_generated_images_what_the_real_ones_do_not_tell():
    """The real ones are all zeros and ones; a two is among the generated ones alone."""
    images, labels = uses.few(30, seed=0)
    real, generated = labels < 2, labels < 3
    test, truth = uses.few(20, seed=1)
    two = truth == 2
    alone = uses.learn(images[real], labels[real], 0, steps=60)
    both = uses.learn(images[real], labels[real], 0, generated=(images[generated], labels[generated]), steps=60)
    with torch.no_grad():
        reads = [(network(test[two]).argmax(dim=1) == 2).double().mean().item() for network in (alone, both)]
    assert reads[0] == 0 and reads[1] > 0.7


def test_a_table_grows_and_is_read_again(tmp_path):
    path = tmp_path / "table.csv"
    assert uses.table(path) == []
    uses.extend(path, [{"name": "a, b", "area": 0.123456}])
    uses.extend(path, [{"name": "c", "area": 1.0}])
    assert uses.table(path) == [{"name": "a, b", "area": "0.1235"}, {"name": "c", "area": "1.0000"}]


def test_what_is_kept_is_whole_and_small():
    digits = sorted(uses.KEPT_DIGITS + uses.OTHER_DIGITS)
    areas, accuracies = (uses.table(RECORD / f"{name}.csv") for name in ("anomalies", "augmentation"))
    detectors = {row["detector"] for row in areas}
    assert sorted((row["digit"], row["detector"]) for row in areas) == sorted(
        (str(digit), name) for digit in digits for name in detectors
    )
    assert len(detectors) == 7 and all(0 <= float(row["auroc"]) <= 1 for row in areas)
    trials = {(row["per_class"], row["seed"], row["way"]) for row in accuracies}
    assert len(trials) == len(accuracies) == len(uses.PER_CLASS) * uses.SEEDS * 6
    assert all(path.stat().st_size < 300_000 for path in RECORD.iterdir())


@pytest.mark.parametrize("digit", uses.KEPT_DIGITS)
def test_the_kept_networks_play_and_the_critic_prefers_real_digits(digit):
    generator, critic = uses.load(RECORD / f"without-{digit}.safetensors")
    made = networks.sample(generator, randomness.noise(200, 32, seed=3))
    with torch.no_grad():
        assert critic(uses.asked(digit)[0]).mean() > critic(made).mean()
    assert np.abs(made.numpy()).max() <= 1


def test_the_kept_generator_of_few_labels_draws():
    images, labels = uses.pool(uses.load_few(RECORD / "few-10.safetensors"), seed=0)
    assert images.shape == (uses.POOL, 1, 28, 28) and labels[:12].tolist() == [*range(10), 0, 1]
