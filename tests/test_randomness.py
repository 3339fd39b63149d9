"""Every purpose has a stream of its own, and the numbers of recorded runs do not change."""

import pytest
import torch
from torch import nn

from wgan_lib import randomness


def test_each_purpose_and_each_seed_has_its_own_stream():
    streams = [randomness.stream(seed, purpose) for seed in (0, 1) for purpose in ("noise", "training")]
    draws = torch.stack(
        [torch.randn(20_000, generator=stream) for stream in (*streams, torch.Generator().manual_seed(0))]
    )
    apart = torch.corrcoef(draws) - torch.eye(len(draws))
    assert apart.abs().max() < 0.03
    again = torch.randn(20_000, generator=randomness.stream(1, "noise"))
    assert torch.equal(draws[2], again)


def test_noise_is_not_aligned_with_the_weights_of_the_same_seed():
    torch.manual_seed(3)
    weight = nn.Linear(100, 128).weight.detach()
    aligned = torch.nn.functional.cosine_similarity(randomness.noise(100, 100, seed=3), weight[:100])
    assert aligned.abs().mean() < 0.12  # two independent Gaussian vectors of 100 entries: 0.08


@pytest.mark.parametrize(("purpose", "seed"), [("training", 10333108206460564526), ("noise", 12815763254803240257)])
def test_recorded_runs_repeat_since_their_streams_are_the_same(purpose, seed):
    assert randomness.stream(0, purpose).initial_seed() == seed
