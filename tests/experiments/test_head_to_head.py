"""Stacked games are the same games: head_to_head.py against critic_step and generator_step, one game at a time."""

import math

import pytest
import torch
from torch import nn

from wgan_lib import lipschitz, networks, randomness, toy, training
from wgan_lib.experiments import head_to_head
from wgan_lib.experiments.head_to_head import DATA, METHODS, Contest, Match, Together

SMALL = {"width": 8, "batch": 16, "seeds": (3, 6)}
RULES = {"": {}, "clip": {"clip": 0.1}, "penalty": {"penalty": 0.1}, "one-sided": {"penalty": 0.1, "one_sided": True},
         "r1": {"r1": 0.1}, "spectral": {}}  # fmt: skip


def alone(match, data, seed, steps, warm=0):
    """Play one game with the steps of `training`, in the order of draws that the tournament has."""
    method, rng = METHODS[match.method], randomness.stream(seed, data)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        generator, critic = networks.toy_generator(2, 2, match.width), networks.toy_critic(2, match.width, match.depth)
    rule = RULES[method.rule]
    optimizer, rates = torch.optim.Adam, {"lr": match.learning_rate, "betas": (0.5, 0.9)}
    if method.rule == "clip":
        lipschitz.clip_weights(critic, 0.1)
        optimizer, rates = torch.optim.RMSprop, {"lr": match.learning_rate}
    if method.rule == "spectral":
        lipschitz.spectral_norm(critic)
    for _ in range(warm):
        critic(torch.zeros(1, 2))
    g_opt, c_opt = optimizer(generator.parameters(), **rates), optimizer(critic.parameters(), **rates)
    for step in range(1, steps + 1):
        real, latent = DATA[data](match.batch, rng), torch.randn(match.batch, 2, generator=rng)
        if not rule.get("penalty"):
            torch.rand(match.batch, 1, generator=rng)
        fake = generator(latent)
        training.critic_step(critic, c_opt, real, fake, objective=method.objective, rng=rng, **rule)
        if step % match.critic_steps == 0:
            latent = torch.randn(match.batch, 2, generator=rng)
            training.generator_step(generator, g_opt, critic, latent, objective=method.objective)
    return generator, critic


@pytest.fixture
def double():
    """Compute in double precision: RMSProp blows the rounding of a gradient near 0 up to a full step."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", METHODS)
def test_each_stacked_game_is_the_game_played_alone(name, double):
    warm = 3000 if METHODS[name].rule == "spectral" else 0  # both power iterations have then found the same direction
    match = Match(name, **SMALL)
    contest = Contest(match)
    with torch.no_grad():
        for _ in range(warm):
            contest.critic(torch.zeros(6, 1, 2))
    contest.advance(10)
    x = torch.randn(50, 2, generator=toy.rng(0))
    made, scores = contest.generator(x.expand(6, -1, -1)), contest.critic(x.expand(6, -1, -1))[..., 0]
    for k, (data, seed) in enumerate(match.games):
        generator, critic = alone(match, data, seed, 10, warm)
        torch.testing.assert_close(made[k], generator(x), rtol=1e-6, atol=1e-7)
        torch.testing.assert_close(scores[k], critic(x), rtol=1e-6, atol=1e-7)


def test_dealt_batches_reach_their_own_networks():
    nets = [networks.toy_critic(2, 8, 2) for _ in range(3)]
    batches = torch.randn(3, 5, 2, generator=toy.rng(0))
    scores = head_to_head.Dealt(Together(nets))(head_to_head.deal(batches))
    for k, (net, batch) in enumerate(zip(nets, batches, strict=True)):
        torch.testing.assert_close(scores[k::3], net(batch))


@pytest.mark.parametrize("method", ["GAN", "GP"])
def test_a_game_plays_the_same_whoever_plays_beside_it(method, double):
    beside = Contest(Match(method, **SMALL)).advance(10)
    single = Contest(Match(method, **SMALL | {"seeds": (6,), "data": ("Swiss roll",)})).advance(10)
    for k, data_and_seed in enumerate(beside.match.games):
        if data_and_seed == ("Swiss roll", 6):
            torch.testing.assert_close(beside.critic.weights[0][k], single.critic.weights[0][0])


@pytest.mark.parametrize(("norm", "layer"), [("batch", nn.BatchNorm1d), ("layer", nn.LayerNorm)])
def test_norms_are_those_of_torch(norm, layer):
    nets = [nn.Sequential(nn.Linear(2, 8), layer(8), nn.ReLU(), nn.Linear(8, 3)) for _ in range(2)]
    x = torch.randn(2, 20, 2, generator=toy.rng(1))
    torch.testing.assert_close(Together(nets, norm)(x), torch.stack([net(y) for net, y in zip(nets, x, strict=True)]))


def test_a_spectrally_normalised_stack_has_norm_1():
    nets = [networks.toy_critic(2, 8, 2) for _ in range(3)]
    together = Together(nets, spectral=True)
    with torch.no_grad():
        for _ in range(300):
            together(torch.zeros(3, 1, 2))
        for i, weight in enumerate(together.weights):
            torch.testing.assert_close(
                together._largest(i).flatten(), torch.linalg.matrix_norm(weight, 2), rtol=1e-3, atol=1e-4
            )


def test_the_judge_gives_the_real_distribution_its_floor_and_full_marks():
    centres, std = head_to_head.CENTRES["25 Gaussians"]
    found = head_to_head.modes(toy.twenty_five_gaussians(20_000, toy.rng(0)), centres, std)
    assert found["captured"] == 25 and found["starved"] == 0
    assert found["quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.003)


def test_a_missing_mode_is_not_captured_and_starved():
    centres, std = head_to_head.CENTRES["8 Gaussians"]
    points = centres[:7].repeat_interleave(20, dim=0)
    assert head_to_head.modes(points, centres, std) == {"quality": 1.0, "captured": 7, "starved": 1}
    assert head_to_head.modes(points + 4 * std, centres, std)["captured"] == 0


def test_a_game_that_diverged_is_infinitely_far():
    points = torch.full((head_to_head.POINTS, 2), math.nan)
    assert head_to_head.exact_w(torch.zeros(head_to_head.POINTS, 2), points) == math.inf
    assert math.isnan(head_to_head.modes(points, *head_to_head.CENTRES["8 Gaussians"])["quality"])


def test_rows_survive_the_file(tmp_path):
    rows = head_to_head.play(Match("R1", steps=5, **SMALL), measurements=1)
    head_to_head.save(rows, tmp_path / "rows.csv")
    again = head_to_head.load(tmp_path / "rows.csv")
    assert [row["data"] for row in again] == [row["data"] for row in rows]
    assert [row["w"] for row in again] == pytest.approx([row["w"] for row in rows], rel=1e-4)
    assert head_to_head.describe(Match("R1", **SMALL)).items() <= again[0].items()


def test_the_best_rate_is_found_among_plain_matches_only():
    rows = [head_to_head.describe(Match("GP", learning_rate=rate, depth=depth)) | {"w": w}
            for rate in head_to_head.RATES for depth, w in ((3, abs(rate - 1e-3) + 0.1), (1, rate))]  # fmt: skip
    assert head_to_head.best_rate(rows, "GP") == 1e-3


@pytest.mark.parametrize(
    "wrong", [{"method": "WGAN"}, {"method": "GP", "critic_norm": "instance"}, {"method": "GP", "data": ("moons",)}]
)
def test_an_unknown_name_is_named(wrong):
    with pytest.raises(ValueError, match="expected"):
        Match(**wrong)


def test_pictures_show_the_first_seed_of_each_data_set():
    contest = Contest(Match("R1", **SMALL)).advance(5)
    drawn = head_to_head.pictures(contest)
    assert list(drawn) == [f"R1, {data}" for data in DATA]
    latent = torch.randn(head_to_head.POINTS, 2, generator=randomness.stream(0, "picture"))
    with torch.no_grad():
        made = contest.generator(latent.expand(6, -1, -1))
    torch.testing.assert_close(torch.stack(list(drawn.values())), made[::2].half())


def test_patience_differs_in_strength_and_critic_steps_alone():
    matches = head_to_head.patience()
    assert {(match.strength, match.critic_steps) for match in matches} == set(head_to_head.PATIENCE)
    assert {(match.method, match.steps, match.learning_rate) for match in matches} == {("GP", 6400, 1e-3)}
