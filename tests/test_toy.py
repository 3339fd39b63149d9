"""The toy distributions lie where the papers put them."""

import math

import pytest
import torch

from wgan_lib import toy

SAMPLERS = {
    "eight": toy.eight_gaussians,
    "twenty-five": toy.twenty_five_gaussians,
    "roll": toy.swiss_roll,
    "line": lambda n, rng: toy.line(n, 0.5, rng),
}


@pytest.fixture(params=SAMPLERS.values(), ids=SAMPLERS)
def sampler(request):
    return request.param


def test_n_points_in_the_plane(sampler):
    assert sampler(7, toy.rng(0)).shape == (7, 2)


def test_the_same_seed_draws_the_same_points_and_another_seed_others(sampler):
    assert torch.equal(sampler(5, toy.rng(3)), sampler(5, toy.rng(3)))
    assert not torch.equal(sampler(5, toy.rng(3)), sampler(5, toy.rng(4)))


def test_nothing_is_drawn_from_the_global_generator(sampler):
    before = torch.get_rng_state()
    sampler(5, toy.rng(0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("n", [0, -3])
def test_fewer_than_one_point_is_an_error(sampler, n):
    with pytest.raises(ValueError, match=f"n = {n}"):
        sampler(n, toy.rng(0))


def test_eight_centres_stand_on_a_circle_45_degrees_apart():
    centres = toy.eight_centres()
    torch.testing.assert_close(centres.norm(dim=1), torch.full((8,), 2 / 1.414), rtol=1e-3, atol=0)
    neighbours = (centres * centres.roll(1, 0)).sum(1) / 2
    torch.testing.assert_close(neighbours, torch.full((8,), math.cos(math.pi / 4)))


def test_twenty_five_centres_form_the_square_grid_of_the_authors_code():
    """gan_toy.py: `point[0] += 2 * x` for x in range(-2, 3), then `dataset /= 2.828`."""
    written = sorted((2 * x / 2.828, 2 * y / 2.828) for x in range(-2, 3) for y in range(-2, 3))
    given = sorted(map(tuple, toy.twenty_five_centres().tolist()))
    torch.testing.assert_close(torch.tensor(given), torch.tensor(written), rtol=1e-3, atol=0)


def test_twenty_five_gaussians_spread_by_one_along_each_axis():
    """The reason for 2.828: the mean square of {-4, -2, 0, 2, 4} is 8, and σ adds a ten-thousandth."""
    points = toy.twenty_five_gaussians(200_000, toy.rng(0))
    torch.testing.assert_close(points.std(dim=0), torch.ones(2), rtol=0.01, atol=0)


@pytest.mark.parametrize(
    ("draw", "centres", "std"),
    [
        (toy.eight_gaussians, toy.eight_centres(), 0.02 / 1.414),
        (toy.twenty_five_gaussians, toy.twenty_five_centres(), 0.05 / 2.828),
    ],
    ids=["eight", "twenty-five"],
)
def test_mixtures_visit_their_centres_equally_often_with_the_papers_spread(draw, centres, std):
    points = draw(20_000, toy.rng(0))
    nearest = torch.cdist(points, centres).argmin(dim=1)
    share = torch.bincount(nearest, minlength=len(centres)) / len(points)
    torch.testing.assert_close(share, torch.full_like(share, 1 / len(centres)), rtol=0.15, atol=0)
    torch.testing.assert_close((points - centres[nearest]).std(), torch.tensor(std), rtol=0.02, atol=0)


def test_the_swiss_roll_is_a_spiral_whose_radius_is_its_angle():
    radius = 7.5 * toy.swiss_roll(5000, toy.rng(0)).norm(dim=1)
    assert 1.5 * math.pi - 1.2 < radius.min() and radius.max() < 4.5 * math.pi + 1.2
    turned = 7.5 * toy.swiss_roll(5000, toy.rng(0))
    off = torch.atan2(turned[:, 1], turned[:, 0]) - radius  # a multiple of 2π, but for the noise
    assert (torch.remainder(off + math.pi, 2 * math.pi) - math.pi).abs().mean() < 0.25


def test_the_line_stands_at_theta_and_fills_the_unit_interval():
    points = toy.line(2000, -0.7, toy.rng(0))
    assert (points[:, 0] == -0.7).all()
    torch.testing.assert_close(points[:, 1].sort().values, torch.linspace(0, 1, 2000), atol=0.05, rtol=0)
