"""Games on stacked MNIST: three that differ by their method, and each goes on where it stopped."""

import dataclasses
import json

import pytest
import torch

from wgan_lib import mnist
from wgan_lib.experiments import modes

TINY = {"steps": 4, "width": 2, "batch_size": 8}


@pytest.fixture(scope="module")
def pixels():
    return mnist.images("test")[:100]


def game(method, pixels, **changes):
    return modes.Game(method, dataclasses.replace(modes.METHODS[method], **TINY | changes), pixels)


@pytest.mark.parametrize("method", modes.METHODS)
def test_a_game_that_is_stopped_ends_as_if_it_had_not_been(method, pixels, tmp_path):
    whole, first, second = (game(method, pixels) for _ in range(3))
    modes.play(whole, tmp_path / "whole.safetensors", n=20, measurements=2)
    for _ in range(2):
        first.step()
    first.measure(20)
    first.save(tmp_path / "part.safetensors")
    modes.play(second, tmp_path / "part.safetensors", n=20, measurements=2)
    for name in modes.NETWORKS:
        theirs = getattr(second, name).state_dict()
        assert all(torch.equal(value, theirs[key]) for key, value in getattr(whole, name).state_dict().items())
    unclocked = [[{**row, "seconds": 0} for row in played.rows] for played in (whole, second)]
    assert unclocked[0] == unclocked[1]
    assert whole.counts.sum() == 20


def test_a_game_makes_all_its_steps_and_not_one_more(pixels, tmp_path):
    played = game("clip", pixels, steps=5)
    modes.play(played, tmp_path / "game.safetensors", n=20, measurements=2)
    assert [row["step"] for row in played.rows] == [2, 5] and played.steps_done == 5


@pytest.mark.parametrize("measurements", [0, 5])
def test_more_measurements_than_steps_are_refused_and_none_too(pixels, tmp_path, measurements):
    with pytest.raises(ValueError, match=f"measurements = {measurements}: expected 1 to as many as steps, 4"):
        modes.play(game("clip", pixels), tmp_path / "game.safetensors", n=20, measurements=measurements)


def test_a_game_refuses_to_go_on_from_another(pixels, tmp_path):
    game("gp", pixels).save(tmp_path / "game.safetensors")
    with pytest.raises(ValueError, match="other settings"):
        game("gp", pixels, seed=1).load(tmp_path / "game.safetensors")


def test_only_the_clipped_critic_is_clipped(pixels):
    for method, clipped in [("clip", True), ("gp", False), ("gan", False)]:
        playing = game(method, pixels)
        playing.step()
        largest = max(weight.abs().max().item() for weight in playing.critic.parameters())
        assert (largest <= 0.01 + 1e-7) == clipped


def test_players_make_and_judge_images_of_three_channels(pixels):
    playing = game("gan", pixels)
    images = modes.draw(playing.averaged, 5, playing.config)
    assert images.shape == (5, 3, 28, 28)
    assert playing.critic(images).shape == (5,)


def test_a_record_is_read_back(pixels, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "images", lambda device: pixels)
    small = {"steps": 4, "seeds": 2, "width": 2, "measurements": 2, "samples": 30, "device": "cpu"}
    modes.record(tmp_path, methods=("clip", "gp"), **small)
    rows, counts, facts = modes.load(tmp_path)
    once = [("clip", 2), ("clip", 4), ("gp", 2), ("gp", 4)]
    assert [(row["method"], row["step"]) for row in rows] == 2 * once
    assert counts.keys() == {f"{method}-seed{seed}" for method in ("clip", "gp") for seed in (0, 1)}
    assert not (tmp_path / "gp-seed1.safetensors").exists()  # the first seed's weights are kept
    assert all(each.sum() == 30 and (each > 0).sum() <= 30 for each in counts.values())
    assert rows[-1]["modes"] == (counts["gp-seed1"] > 0).sum()
    assert modes.load_rows(tmp_path / "modes.csv") == rows
    generator, config = modes.load_generator(tmp_path, "gp-seed0")
    assert modes.draw(generator, 3, config).shape == (3, 3, 28, 28)
    before = (tmp_path / "modes.csv").read_bytes()
    modes.record(tmp_path, methods=("clip", "gp"), **small)  # nothing is left to do
    assert (tmp_path / "modes.csv").read_bytes() == before
    assert json.loads((tmp_path / "run.json").read_text())["samples"] == 30


def test_a_search_gives_each_method_the_same_rates(pixels, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "images", lambda device: pixels)
    monkeypatch.setattr(modes, "RATES", (1e-3, 1e-2))
    small = {"steps": 4, "width": 2, "samples": 30, "device": "cpu"}
    modes.search(tmp_path, methods=("clip", "gan"), **small)
    rows = modes.load_rows(tmp_path / "search.csv")
    tried = [(row["method"], row["rate"], row["step"]) for row in rows]
    assert sorted(tried) == [(name, rate, 4) for name in ("clip", "gan") for rate in (1e-3, 1e-2)]
    clipped = [row["estimate"] for row in rows if row["method"] == "clip"]
    assert clipped[0] != clipped[1]  # the rate was used
    before = (tmp_path / "search.csv").read_bytes()
    modes.search(tmp_path, methods=("clip", "gan"), **small)  # nothing is left to do
    assert (tmp_path / "search.csv").read_bytes() == before
