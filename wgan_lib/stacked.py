r"""Stacked MNIST: three digits in the channels of one image, and so a thousand modes to cover.

An image is (3, 28, 28). Its mode is the number that its digits spell, 100 a + 10 b + c for digits
a, b, c in the red, green and blue channel. A law of modes is an array (1000,) that sums to 1, and
counts are an array (1000,) of whole numbers: how often each mode was drawn. The protocol is that of
Srivastava et al. (2017), VEEGAN, and Lin et al. (2018), PacGAN.
"""

import numpy as np
import torch
from scipy.stats import binom
from torch import Tensor

from wgan_lib import conditional, metrics, mnist
from wgan_lib.divergences import kl

CHANNELS = 3
MODES = conditional.CLASSES**CHANNELS
PROTOCOL = 26_000  # generated images, of which each is read


def stack(pixels: Tensor, n: int, rng: torch.Generator) -> Tensor:
    """Return `n` images (n, 3, 28, 28) of three digits each, drawn at random from `pixels`.

    `pixels` are uint8 (m, 1, 28, 28), as `mnist.images` gives them; `rng` lies where they lie.
    Nothing but MNIST itself is stored: every batch is stacked anew. Chapter 12 draws so.

    >>> stack(torch.zeros(9, 1, 28, 28, dtype=torch.uint8), 5, torch.Generator()).shape
    torch.Size([5, 3, 28, 28])
    """
    mnist.check_pixels(pixels)
    shape = (n, CHANNELS)
    which = torch.randint(len(pixels), shape, generator=rng, device=pixels.device)
    return pixels[which, 0]


def modes(images: Tensor) -> Tensor:
    """Return the modes (n,), 0 to 999, that the judge reads in images (n, 3, 28, 28) in [-1, 1].

    Each channel is read by itself, by a network that was trained on single digits and is right on
    99.3 % of them. It has no word for what is no digit. Chapter 12 asks what that does.

    >>> modes(torch.full((2, 3, 28, 28), -1.0)).shape
    torch.Size([2])
    """
    if images.dim() != 4 or images.shape[1] != CHANNELS:
        expected = f"expected (n, {CHANNELS}, 28, 28)"
        raise ValueError(f"images have shape {tuple(images.shape)}: {expected}")
    digits = metrics.judge(images.reshape(-1, *mnist.IMAGE_SHAPE)).argmax(dim=1)
    return spell(digits.reshape(-1, CHANNELS))


def spell(digits: Tensor) -> Tensor:
    """Return the number that each row of digits (n, 3) spells: (n,). Chapter 12 uses it.

    >>> spell(torch.tensor([[0, 4, 2], [9, 9, 9]]))
    tensor([ 42, 999])
    """
    return 100 * digits[:, 0] + 10 * digits[:, 1] + digits[:, 2]


def count(modes: Tensor) -> np.ndarray:
    """Return how often each of the thousand modes is among `modes` (n,): (1000,).

    Chapter 12 counts so.

    >>> count(torch.tensor([3, 3, 999]))[[3, 999]]
    array([2, 1])
    """
    return modes.cpu().bincount(minlength=MODES).numpy()


def true_law() -> np.ndarray:
    """Return how probable each mode is where three digits of MNIST are drawn at random: (1000,).

    Not quite a thousandth each: MNIST has more ones than fives. Chapter 12 measures the difference.

    >>> law = true_law()
    >>> int(law.argmax()), round(1000 * float(law.max()), 2)
    (111, 1.42)
    """
    shares = np.array(conditional.COUNTS["mnist"]) / 60_000
    return np.kron(np.kron(shares, shares), shares)


def reverse_kl(counts: np.ndarray, law: np.ndarray) -> float:
    r"""Return the reverse KL, in nats, of the modes that were drawn to a law that has them all.

    .. math:: \mathrm{KL}(\hat q \Vert p) = \sum_m \hat q_m \log \frac{\hat q_m}{p_m},
              \qquad \hat q = \text{counts} / n

    Lin et al. (2018), section 4.2. Chapter 12 derives it.

    >>> even = np.full(1000, 1e-3)
    >>> round(reverse_kl(np.repeat([260, 0], [100, 900]), even), 3)  # 100 of 1000: log 10
    2.303
    """
    return kl(np.asarray(counts) / np.sum(counts), law)


def expected_modes(n: int, law: np.ndarray) -> float:
    r"""Return how many modes `n` draws from a law find on average, exactly.

    .. math:: \sum_m 1 - (1 - p_m)^n

    Chapter 12 asks it before it trusts a count.

    >>> round(expected_modes(1000, np.full(1000, 1e-3)), 1)  # nearly 1000 (1 - 1/e)
    632.3
    """
    return float(np.sum(-np.expm1(n * np.log1p(-np.minimum(law, 1 - 1e-16)))))


def kl_floor(n: int, law: np.ndarray) -> float:
    r"""Return the reverse KL that `n` draws from the law itself have on average, exactly.

    .. math:: \sum_m \mathbb{E}\, \frac{X_m}{n} \log \frac{X_m}{n p_m},
              \qquad X_m \sim \mathrm{Bin}(n, p_m)

    For many draws that is (modes − 1) / 2n, which is how the plug-in entropy is biased (Miller
    1955). Chapter 12 holds them side by side.

    >>> round(kl_floor(26_000, np.full(1000, 1e-3)), 4), round(999 / 52_000, 4)
    (0.0193, 0.0192)
    """
    # A binomial count that is so many deviations out adds nothing to the digits of a float.
    largest = int(np.max(n * law) + 40 * np.sqrt(np.max(n * law)) + 40)
    k = np.arange(1, min(n, largest) + 1)  # 0 log 0 = 0
    values, times = np.unique(law, return_counts=True)
    each = [binom.pmf(k, n, p) @ (k / n * np.log(k / (n * p))) for p in values if p > 0]
    return float(np.dot(each, times[values > 0]))


def read(law: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    """Return the law of what is read, (1000,), where digits of `law` are misread at random.

    Row a of `confusion` (10, 10) says how often a digit a is taken for each; the three channels
    are read one by one. Chapter 12 counts what a collapsed generator is said to have.

    >>> blind = np.full((10, 10), 0.1)
    >>> bool(np.allclose(read(np.eye(1000)[7], blind), 1e-3))
    True
    """
    cube = np.asarray(law).reshape(3 * (conditional.CLASSES,))
    return np.einsum("abc,ax,by,cz->xyz", cube, *[confusion] * CHANNELS, optimize=True).ravel()
