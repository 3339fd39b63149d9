"""KL, JS and TV against closed forms, each other, and the inequalities that bind them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from wgan_lib.divergences import js, kl, optimal_discriminator, tv

LOG_2 = np.log(2)
masses = st.lists(st.integers(0, 1000), min_size=6, max_size=6).filter(any)
histograms = masses.map(lambda mass: np.array(mass) / sum(mass))


@given(histograms, histograms)
def test_all_three_agree_with_scipy(p, q):
    assert kl(p, q) == pytest.approx(entropy(p, q))
    assert js(p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)
    assert tv(p, q) == pytest.approx(0.5 * np.abs(p - q).sum())


def test_two_coins():
    p, q = [0.5, 0.5], [0.25, 0.75]
    assert kl(p, q) == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3))
    assert kl(q, p) == pytest.approx(0.25 * np.log(1 / 2) + 0.75 * np.log(3 / 2))
    assert tv(p, q) == 0.25


def test_disjoint_supports_saturate_all_three():
    p, q = [0.3, 0.7, 0, 0], [0, 0, 0.6, 0.4]
    assert js(p, q) == pytest.approx(LOG_2, rel=1e-15)
    assert tv(p, q) == 1
    assert kl(p, q) == np.inf


def test_kl_is_infinite_in_the_one_direction_only_where_q_lacks_mass():
    p, q = [0.5, 0.5], [1.0, 0.0]
    assert kl(p, q) == np.inf
    assert kl(q, p) == pytest.approx(LOG_2)


@given(histograms, histograms)
def test_js_and_tv_are_symmetric_and_bounded(p, q):
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-15)
    assert tv(p, q) == tv(q, p)
    assert -1e-15 <= js(p, q) <= LOG_2 + 1e-15
    assert 0 <= tv(p, q) <= 1 + 1e-15


@given(histograms)
def test_a_distribution_is_at_no_distance_from_itself(p):
    assert kl(p, p) == js(p, p) == tv(p, p) == 0


@given(histograms, histograms)
def test_kl_is_never_negative_and_pinsker_bounds_tv(p, q):
    assert kl(p, q) >= 2 * tv(p, q) ** 2 - 1e-12


@given(histograms, histograms)
def test_js_lies_between_its_bounds_by_tv(p, q):
    assert tv(p, q) ** 2 / 2 - 1e-12 <= js(p, q) <= LOG_2 * tv(p, q) + 1e-12


@given(histograms, histograms, histograms)
def test_the_root_of_js_and_tv_obey_the_triangle_inequality(p, q, r):
    for distance in (lambda a, b: np.sqrt(max(js(a, b), 0)), tv):
        assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-7


def test_none_of_them_sees_how_far_apart_the_bins_are():
    p, near, far = np.eye(10)[[0, 1, 9]]
    for divergence in (kl, js, tv):
        assert divergence(p, near) == divergence(p, far)


def test_the_optimal_discriminator_is_sure_where_one_side_is_alone_and_torn_where_both_are_equal():
    answer = optimal_discriminator([0.5, 0.2, 0.0, 0.0], [0.0, 0.2, 0.3, 0.0])
    np.testing.assert_array_equal(answer, [1, 0.5, 0, np.nan])


def test_the_optimal_discriminator_keeps_any_shape():
    assert optimal_discriminator(np.ones((2, 3)), np.full((2, 3), 3.0)).tolist() == [[0.25] * 3] * 2


@given(histograms, histograms, st.lists(st.floats(0.01, 0.99), min_size=6, max_size=6))
def test_no_discriminator_beats_the_optimal_one(p, q, rival):
    def value(discriminator):
        real, fake = p > 0, q > 0
        return p[real] @ np.log(discriminator[real]) + q[fake] @ np.log(1 - discriminator[fake])

    assert value(optimal_discriminator(p, q)) >= value(np.array(rival)) - 1e-12
    assert value(optimal_discriminator(p, q)) == pytest.approx(2 * js(p, q) - 2 * LOG_2)


@pytest.mark.parametrize("divergence", [kl, js, tv])
@pytest.mark.parametrize(
    ("p", "q", "complaint"),
    [
        ([0.5, 0.5], [0.2, 0.3, 0.5], r"p has shape \(2,\) and q \(3,\)"),
        ([], [], r"\(0,\)"),
        ([[1.0]], [[1.0]], r"\(1, 1\)"),
        ([-0.5, 1.5], [0.5, 0.5], "p holds a negative"),
        ([0.5, 0.5], [np.nan, 1.0], "q holds a negative or NaN"),
        ([0.5, 0.6], [0.5, 0.5], "p sums to 1.1"),
        ([0.5, 0.5], [0.0, 0.0], "q sums to 0"),
        ([0.5, 0.5], [np.inf, 0.0], "q sums to inf"),
    ],
)
def test_what_is_no_pair_of_histograms_is_named(divergence, p, q, complaint):
    with pytest.raises(ValueError, match=complaint):
        divergence(p, q)


def test_densities_are_at_least_0_and_at_the_same_points():
    with pytest.raises(ValueError, match="q holds a negative value: a density is at least 0"):
        optimal_discriminator([1.0, 1.0], [0.5, -0.1])
    with pytest.raises(ValueError, match=r"p has shape \(2,\) and q \(3,\): two densities at the same points"):
        optimal_discriminator([1.0, 1.0], [1.0, 1.0, 1.0])
