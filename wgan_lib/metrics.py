r"""How good generated digits are: scores on the features of a small digit network, and exact transport.

Functions take plain tensors: features (n, d), logits (n, 10), or images (n, 1, 28, 28) in [-1, 1]. FID, KID and the
Inception Score are torchmetrics'. Their values on our features cannot be compared with values on others, ImageNet's for
example, so each is to stand beside its real-against-real value.
"""

import warnings

import torch
from torch import Tensor, nn

from wgan_lib import classifiers, networks, transport

READABLE = 0.8  # the judge is at least so sure of a readable digit
AT_ONCE = 1000  # images in one pass of a network, rows in one block of distances
N_EXACT = 1000  # images on each side for exact transport, whose work grows with the cube of their number


@torch.no_grad()
def features(images: Tensor) -> Tensor:
    """Return what the digit network makes of images before its last layer: (n, 64), float32."""
    return _outputs(classifiers.load("features")[:-1], images)


@torch.no_grad()
def logits(features: Tensor) -> Tensor:
    """Return the class logits (n, 10) of images whose features (n, 64) are given: the digit network's last layer."""
    _check_finite(features, "features")
    return classifiers.load("features")[-1](features)


@torch.no_grad()
def judge(images: Tensor) -> Tensor:
    """Return the class logits (n, 10) of the judge, a network that shares nothing with the features."""
    return _outputs(classifiers.load("judge"), images)


def fid(real: Tensor, fake: Tensor) -> float:
    r"""Fréchet Inception distance: between the Gaussians with the means and covariances of two sets of features.

    Heusel et al. (2017), eq. 6.

    .. math:: \lVert \mu_1 - \mu_2 \rVert^2 + \operatorname{Tr}\bigl(\Sigma_1 + \Sigma_2
              - 2 (\Sigma_1 \Sigma_2)^{1/2}\bigr)

    Parameters
    ----------
    real, fake : Tensor, shapes (n, d) and (m, d)
        Features; more examples than d, else the covariances are singular. Biased: it falls as n and m grow.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=_given(_pair(real, fake)))
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return metric.compute().item()


def kid(real: Tensor, fake: Tensor) -> float:
    r"""Kernel Inception distance: the unbiased squared MMD with the kernel :math:`(x \cdot y / d + 1)^3`.

    Bińkowski et al. (2018), section 4.

    Parameters
    ----------
    real, fake : Tensor, equal shapes (n, d)
        Features. The value may be below 0, as an unbiased estimate of 0 must.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    if len(real) != len(fake):
        raise ValueError(f"{len(real)} real and {len(fake)} generated examples: expected as many of each")
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):  # it shuffles, and warns that it keeps features
        warnings.simplefilter("ignore")
        metric = KernelInceptionDistance(feature=_given(_pair(real, fake)), subsets=1, subset_size=len(real))
        metric.update(real.double(), real=True)
        metric.update(fake.double(), real=False)
        return metric.compute()[0].item()


def inception_score(logits: Tensor) -> float:
    r"""Inception Score, :math:`\exp \mathbb{E}_x \mathrm{KL}(p(y|x) \Vert p(y))`, from 1 to the number of classes.

    Salimans et al. (2016), section 4.

    Parameters
    ----------
    logits : Tensor, shape (n, classes)
        Of generated images. No real image is looked at.
    """
    _check_finite(logits, "logits")
    from torchmetrics.image.inception import InceptionScore

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        metric = InceptionScore(feature=_given(logits.shape[1]), splits=1)
        metric.update(logits.double())
        return metric.compute()[0].item()


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    r"""Improved precision and recall (Kynkäänniemi et al. 2019, eqs. 1–2).

    Around each example of a set, draw a ball that just reaches its k-th nearest neighbour in that set: together they
    are the set's manifold. Precision is the share of generated examples in the manifold of the real ones, recall the
    share of real examples in that of the generated ones.

    Parameters
    ----------
    real, fake : Tensor, shapes (n, d) and (m, d)
        Features.
    k : int
        Which neighbour, 3 in the paper; below n and m.
    """
    _pair(real, fake)
    if not 1 <= k < min(len(real), len(fake)):
        raise ValueError(f"k = {k}: expected at least 1 and below the number of examples, {min(len(real), len(fake))}")
    return _share_inside(fake, real, k), _share_inside(real, fake, k)


def _share_inside(points: Tensor, centres: Tensor, k: int) -> float:
    blocks = centres.split(AT_ONCE)
    radii = torch.cat([torch.cdist(block, centres).kthvalue(k + 1, dim=1).values for block in blocks])  # self: 0
    inside = [(torch.cdist(block, centres) <= radii).any(dim=1) for block in points.split(AT_ONCE)]
    return torch.cat(inside).double().mean().item()


def nearest(x: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distance from each row of `x` (n, d) to the nearest row of `among` (m, d), and its index: both (n,).

    A generator that memorises is nearer to the training images than other real images are.
    """
    _check_finite(x, "x")
    _check_finite(among, "among")
    middle = among.mean(dim=0)  # products of numbers far from 0 would have lost the distances' digits
    centred = among - middle
    half_squares = centred.square().sum(dim=1) / 2
    index = torch.cat([(half_squares - (block - middle) @ centred.T).argmin(dim=1) for block in x.split(100)])
    return (x - among[index]).norm(dim=1), index


def class_shares(logits: Tensor) -> Tensor:
    """Return the share of each class among the first choices of logits (n, classes): (classes,)."""
    _check_finite(logits, "logits")
    return logits.argmax(dim=1).bincount(minlength=logits.shape[1]) / len(logits)


def class_imbalance(shares: Tensor) -> float:
    """Return KL(shares ‖ uniform), in nats: 0 if all classes are equally frequent, log 10 if there is one of ten."""
    if not ((shares >= 0).all() and abs(shares.sum().item() - 1) < 1e-4):
        raise ValueError(f"shares = {shares.tolist()}: expected non-negative numbers that sum to 1")
    present = shares[shares > 0].double()
    return (present * (present * len(shares)).log()).sum().item()


def readable(images: Tensor) -> float:
    """Return the share of images of which the judge, who knows nothing of the features, is at least 80 % sure."""
    return _sure(judge(images))


def _sure(logits: Tensor) -> float:
    return (logits.softmax(dim=1).amax(dim=1) >= READABLE).double().mean().item()


def measure(
    images: Tensor,
    reference: Tensor,
    training: Tensor,
    *,
    reference_features: Tensor | None = None,
    n_exact: int = N_EXACT,
) -> dict[str, float]:
    """Hold images against a reference: every metric of this module, by name.

    Parameters
    ----------
    images, reference : Tensor, equal shapes (n, 1, 28, 28), in [-1, 1]
        What to measure, and real images that no network of this book has trained on.
    training : Tensor, shape (m, 1, 28, 28), in [-1, 1]
        What the generator has seen.
    reference_features : Tensor, shape (n, 64), optional
        `features(reference)`, if they are known already.
    n_exact : int
        Exact transport, and the search for the nearest training image, take the first so many images.

    Returns
    -------
    dict
        fid, kid, inception_score, precision, recall, w1_pixels, w1_features, sliced_pixels, sliced_features, nearest
        (median distance to the nearest training image, in pixels), classes (how many of the ten occur),
        class_imbalance, readable.
    """
    x, y = features(images), features(reference) if reference_features is None else reference_features
    few, few_real = images[:n_exact].flatten(1), reference[:n_exact].flatten(1)
    judged = judge(images)
    shares = class_shares(judged)
    precision, recall = precision_recall(y, x)
    return {
        "fid": fid(y, x), "kid": kid(y, x), "inception_score": inception_score(logits(x)),
        "precision": precision, "recall": recall,
        "w1_pixels": transport.emd(few, few_real).cost, "w1_features": transport.emd(x[:n_exact], y[:n_exact]).cost,
        "sliced_pixels": float(transport.sliced_wasserstein(few, few_real)),
        "sliced_features": float(transport.sliced_wasserstein(x[:n_exact], y[:n_exact])),
        "nearest": nearest(few, training.flatten(1))[0].median().item(),
        "classes": int((shares > 0).sum()), "class_imbalance": class_imbalance(shares), "readable": _sure(judged),
    }  # fmt: skip


def _outputs(network: nn.Module, images: Tensor) -> Tensor:
    if images.shape[1:] != networks.IMAGE_SHAPE or not len(images) or not images.is_floating_point():
        raise ValueError(
            f"images have shape {tuple(images.shape)} and type {images.dtype}: expected floating-point images "
            "(n, 1, 28, 28), which mnist.scale makes of pixels"
        )
    if not (largest := images.abs().max().item()) <= 1.001:  # so that a NaN is caught too
        raise ValueError(f"images reach {largest:.4g}: expected values in [-1, 1], as mnist.scale and generators give")
    return torch.cat([network(batch) for batch in images.split(AT_ONCE)])


def _pair(real: Tensor, fake: Tensor) -> int:
    """Return the number of features, the same in both."""
    if real.dim() != 2 or fake.dim() != 2 or real.shape[1] != fake.shape[1] or min(len(real), len(fake)) < 2:
        raise ValueError(
            f"real has shape {tuple(real.shape)} and fake {tuple(fake.shape)}: expected features (n, d) and (m, d), "
            "with n and m at least 2"
        )
    _check_finite(real, "real")
    _check_finite(fake, "fake")
    return real.shape[1]


def _check_finite(values: Tensor, name: str) -> None:
    if not torch.isfinite(values).all():
        raise ValueError(f"{name} holds a NaN or an infinite number: is the generator's output finite?")


def _given(size: int) -> nn.Module:
    """Return a "network" that hands on features as they are, which is how torchmetrics takes them."""
    network = nn.Identity()
    network.num_features = size
    return network
