"""How images and a run are measured: every metric, spreads, and a row for each snapshot."""

import csv
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from wgan_lib import classifiers, metrics, mnist, randomness, runs, training
from wgan_lib.experiments import evaluation, keep_run


@pytest.fixture(scope="module")
def digits():
    """Return real digits, few of them to have been trained on."""
    return evaluation.Digits(*(mnist.scale(mnist.images(split)[:4000]) for split in ("train", "test")))


@pytest.fixture
def run(small, images, tmp_path):
    """Return a tiny run with snapshots after 2, 4 and 5 steps."""
    training.Trainer(small(out=tmp_path / "a-run", steps=5, sample_every=2), images).run()
    return runs.load(tmp_path / "a-run")


def test_clothes_are_judged_by_networks_that_know_clothes(digits, run, monkeypatch):
    """The dataset that a run's images are of is asked for by name, in every metric of a network."""
    asked, known = [], classifiers.load
    monkeypatch.setattr(classifiers, "load", lambda name, dataset="mnist": asked.append((name, dataset)) or known(name))
    clothes = evaluation.Digits(digits.training[:1000], digits.test[:1000], "fashion-mnist")
    evaluation.evaluate(run, clothes, n=200, seeds=1)
    evaluation.along(run, clothes, n=200)
    assert {name for name, _ in asked} == set(classifiers.NAMES)
    assert {dataset for _, dataset in asked} == {"fashion-mnist"}


def test_the_two_halves_share_no_digit(digits):
    one, other = digits.halves(2000, seed=1)
    assert len(one) == len(other) == 2000
    assert metrics.nearest(one[:200].flatten(1), other.flatten(1))[0].min() > 0
    assert not torch.equal(one, digits.halves(2000, seed=2)[0])


def test_a_perfect_generator_scores_as_real_digits_do_and_a_blur_does_not(digits):
    real, other, training = digits.test[:1000], digits.test[1000:2000], digits.training[:2000]
    blurred = torch.nn.functional.avg_pool2d(other, 5, stride=1, padding=2)
    perfect, blur = (evaluation.measure(x, real, training, n_exact=200) for x in (other, blurred))
    assert blur["fid"] > 3 * perfect["fid"] and blur["kid"] > 3 * abs(perfect["kid"])
    assert perfect["precision"] > 0.8 > blur["precision"]
    assert perfect["inception_score"] > 9 and perfect["classes"] == 10 and perfect["readable"] > 0.95
    assert blur["w1_pixels"] < perfect["w1_pixels"], "exact transport in pixels prefers a blur"
    assert all(math.isfinite(value) for value in (*perfect.values(), *blur.values()))


def test_a_generator_of_one_digit_makes_one_class(digits):
    ones = digits.test[mnist.labels("test")[:4000] == 1]
    ones = ones[metrics.judge(ones).argmax(dim=1) == 1][:200]
    measured = evaluation.measure(ones, digits.test[:200], digits.training[:200], n_exact=50)
    assert measured["classes"] == 1
    assert measured["class_imbalance"] == pytest.approx(math.log(10))


def test_readable_is_what_the_judge_is_at_least_four_fifths_sure_of():
    """Two logits, 0 else: sure with e^a / (e^a + 9)."""
    least = math.log(0.8 / 0.2 * 9)
    logits = torch.zeros(4, 10, dtype=torch.float64)
    logits[:, 3] = torch.tensor([0, least - 1e-6, least + 1e-6, 20])
    assert evaluation.readable(logits) == 0.5
    assert evaluation.readable(-logits) == 0.0, "sure of nothing but of what it is not"


def test_a_memoriser_is_nearer_to_the_training_images(digits):
    test, training = digits.test, digits.training[:2000]
    copied = evaluation.measure(training[:300], test[:300], training, n_exact=100)
    honest = evaluation.measure(test[300:600], test[:300], training, n_exact=100)
    assert copied["nearest"] < 0.05 < 4 < honest["nearest"]


def test_a_report_has_the_mean_and_the_spread_of_each_sample(run, digits, monkeypatch):
    values = iter([1.0, 10.0, 3.0, 10.0])
    monkeypatch.setattr(evaluation, "measure", lambda *_: {"fid": next(values)})
    report = evaluation.evaluate(run, digits, n=100, seeds=2)
    assert report["generated"]["fid"] == {"mean": 2.0, "sd": pytest.approx(2**0.5)}
    assert report["real"]["fid"] == {"mean": 10.0, "sd": 0.0}
    assert "fid" in evaluation.table(report) and "2.0000 ± 1.4142" in evaluation.table(report)


def test_a_report_finds_a_memoriser_in_pixels_and_in_features_and_counts_its_digits(digits):
    memoriser = SimpleNamespace(path=Path("m"), generate=lambda n, seed: digits.training[:n])
    report = evaluation.evaluate(memoriser, digits, n=300, seeds=1)
    for name, honest in (("nearest", 4), ("nearest_features", 0.5)):
        assert report["generated"][name]["mean"] < 0.05 < honest < report["real"][name]["mean"]
    labels = mnist.labels()[:300].bincount(minlength=10) / 300
    shares = torch.tensor([report["generated"][f"share_of_{digit}"]["mean"] for digit in range(10)])
    torch.testing.assert_close(shares, labels, rtol=0, atol=0.011)
    assert "(the first 300 for w1, sliced and nearest)" in evaluation.table(report)
    assert "±" not in evaluation.table(report), "one sample has no spread"


def test_each_snapshot_has_a_row_and_the_last_is_that_of_the_run(run, digits):
    evaluation.along(run, digits, n=100)
    with open(run.path / "quality.csv", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4", "5"]
    assert run.quality["step"].tolist() == [2, 4, 5]
    reference, _ = digits.halves(100, seed=1)
    last = evaluation.measure(run.generate(100, seed=1), reference, digits.training)
    assert run.quality["w1_pixels"][-1] == pytest.approx(last["w1_pixels"], rel=1e-2), "half precision"


def test_a_recorded_run_keeps_the_measurements_and_has_no_snapshots(run, digits, tmp_path):
    evaluation.along(run, digits, n=100)
    kept = keep_run.record(run.path, tmp_path / "kept")
    assert kept.quality["fid"].tolist() == run.quality["fid"].tolist()
    with pytest.raises(FileNotFoundError, match="kept has no snapshots"):
        evaluation.along(kept, digits, n=100)


def test_noise_of_the_report_is_not_that_of_the_grid(run):
    assert not torch.equal(randomness.noise(4, 4, seed=1), randomness.noise(4, 4, seed=run.config.seed))
