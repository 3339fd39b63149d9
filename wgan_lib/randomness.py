r"""One stream of random numbers for each purpose: a run repeats, and no use disturbs another.

In this library `rng` is a stream of random numbers, and `generator` is a network.
"""

import numpy as np
import torch
from torch import Tensor


def stream(seed: int, purpose: str, device: str | torch.device = "cpu") -> torch.Generator:
    """Return a stream of random numbers that serves one purpose. Chapter 4 uses two.

    The seed, at least 0, is that of a run; the purpose is a word, such as "noise" or "training".

    >>> first, again, other = (stream(0, purpose) for purpose in ("noise", "noise", "weights"))
    >>> x, same, different = (torch.rand(3, generator=rng) for rng in (first, again, other))
    >>> torch.equal(x, same), torch.equal(x, different)
    (True, False)
    """
    # A seed that served two purposes directly would align them: noise from the stream that drew
    # the first weights repeats those weights. The hash sends each purpose to a place of its own.
    sequence = np.random.SeedSequence([seed, *purpose.encode()])
    (mixed,) = sequence.generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(mixed))


def noise(n: int, latent_dim: int, seed: int) -> Tensor:
    """Return Gaussian noise (n, latent_dim), from the stream "noise" of `seed`. Chapter 4 uses it.

    >>> noise(3, 100, seed=1).shape
    torch.Size([3, 100])
    """
    return torch.randn(n, latent_dim, generator=stream(seed, "noise"))
