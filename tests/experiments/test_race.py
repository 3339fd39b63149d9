"""Who has trained least trains next; a goal counts when it is first reached."""

import pytest
import torch

from wgan_lib import metrics
from wgan_lib.experiments import evaluation, race, speed
from wgan_lib.training import preset


@pytest.fixture
def player(monkeypatch):
    """Return a maker of players whose digits are as good as told, and whose cycle costs what is told."""
    costs = {}
    monkeypatch.setattr(speed, "seconds", lambda cycle, times, device: costs[cycle])
    monkeypatch.setattr(race.networks, "sample", lambda generator, latent: generator)
    monkeypatch.setattr(metrics, "features", lambda images: images)
    monkeypatch.setattr(metrics, "judge", lambda qualities: next(qualities) and qualities)
    monkeypatch.setattr(metrics, "fid", lambda real, qualities: qualities.now[0])
    monkeypatch.setattr(metrics, "class_shares", lambda qualities: torch.tensor(qualities.now[2:] or [0.1] * 10))
    monkeypatch.setattr(evaluation, "readable", lambda qualities: qualities.now[1])

    class Qualities:
        def __init__(self, pairs):
            self.pairs = iter(pairs)

        def __next__(self):
            self.now = next(self.pairs)
            return self.now

    def make(name, cost, qualities, steps=800):
        def cycle():
            raise AssertionError("the clock is a fake")

        costs[cycle] = cost
        shown = Qualities(qualities)
        return race.Player(name, cycle, lambda: shown, preset("wgan-gp", steps=steps, device="cpu"))

    return make


REFERENCE = torch.zeros(2)


def test_a_goal_counts_when_it_is_first_reached(player):
    one = player("one", 1.0, [(9.0, 0.1), (4.6, 0.2), (9.0, 0.9), (1.0, 0.1)])
    race.race([one], REFERENCE)
    # 80 measurements in 800 steps: one for every two cycles of five steps
    assert one.reached == {"fid": 4.0, "readable": 6.0}
    assert one.steps == 30, "nobody trains on when both goals are reached"


def test_one_shape_well_drawn_is_not_readable(player):
    one = player("one", 1.0, [(9.0, 0.9, 0.96, 0.04), (9.0, 0.9, 0.95, 0.05), (1.0, 0.1)])
    race.race([one], REFERENCE)
    assert one.reached == {"fid": 6.0, "readable": 4.0}


def test_who_never_reaches_a_goal_ends_with_the_steps(player):
    one = player("one", 1.0, [(9.0, 0.1)] * 80)
    race.race([one], REFERENCE)
    assert (one.reached, one.steps, one.seconds) == ({}, 800, 160.0)


def test_the_last_turn_is_no_longer_than_what_is_left(player):
    one = player("one", 1.0, [(9.0, 0.1)] * 80, steps=815)
    race.race([one], REFERENCE)
    assert one.steps == 815


def test_whoever_has_trained_for_the_shortest_time_goes_on(player):
    slow, quick = player("slow", 3.0, [(9.0, 0.1)] * 80), player("quick", 1.0, [(9.0, 0.1)] * 80)
    apart = []
    train = race.Player.train

    def noted(self, device):
        other = quick if self is slow else slow
        apart.append(self.seconds - other.seconds if other.playing else 0.0)
        train(self, device)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(race.Player, "train", noted)
        race.race([slow, quick], REFERENCE)
    assert len(apart) == 160
    assert max(apart) <= 0


def test_the_table_says_how_much_sooner_and_when_that_is_a_bound(player):
    usual, ours = player("usual", 1.0, []), player("ours", 1.0, [])
    usual.reached, usual.seconds = {"fid": 300.0}, 400.0
    ours.reached, ours.seconds = {"fid": 10.0, "readable": 20.0}, 20.0
    _, first, second = race.table([usual, ours]).splitlines()
    assert "300.0 (1.0×)" in first and "not reached" in first
    assert "10.0 (30.0×)" in second and "20.0 (> 20.0×)" in second


def test_three_play_and_only_the_last_has_other_settings(monkeypatch, tmp_path, images):
    monkeypatch.setattr(race.mnist, "images", lambda split="train", **options: images)
    speed.unpack_for_torchvision(tmp_path)
    usual, same, searched = race.players(torch.device("cpu"), str(tmp_path))
    assert usual.config == same.config == preset("wgan-gp", device="cpu", log_every=20_000)
    assert searched.config == preset("digits-in-a-minute", device="cpu", log_every=20_000, **race.QUICK)
    same.cycle()
    assert same.generator() is not usual.generator()
