r"""How good generated digits are: scores on the features of a small network, and exact transport.

Functions take plain tensors: features (n, d), logits (n, classes), or images (n, 1, 28, 28) in
[-1, 1]; wrong shapes, NaN and infinities raise ValueError. FID, KID and the Inception Score are
torchmetrics'. Their values on our features cannot be compared with values on others, ImageNet's for
example, so each is to stand beside its real-against-real value.
"""

import warnings

import torch
from torch import Tensor, nn

from wgan_lib import classifiers, networks, transport

SURE = 0.8  # of one class, at least, is the judge of a readable digit
BLOCK = 1000  # images in one pass of a network, rows in one block of distances
N_EXACT = 1000  # images on each side for exact transport, whose work grows with the cube of them


@torch.no_grad()
def features(images: Tensor) -> Tensor:
    """Return what the digit network makes of images before its last layer: (n, 64), float32.

    Chapter 10 measures with them.

    >>> features(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 64])
    """
    return _outputs(classifiers.load("features")[:-1], images)


@torch.no_grad()
def logits(features: Tensor) -> Tensor:
    """Return the class logits (n, 10) of `features` (n, 64), from the digit network's last layer.

    Chapter 10 measures with them.

    >>> logits(torch.zeros(2, 64)).shape
    torch.Size([2, 10])
    """
    _check_finite(features, "features")
    return classifiers.load("features")[-1](features)


@torch.no_grad()
def judge(images: Tensor) -> Tensor:
    """Return the class logits (n, 10) of the judge, a network that shares nothing with the features.

    Chapter 10 asks it.

    >>> judge(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    return _outputs(classifiers.load("judge"), images)


def fid(real: Tensor, fake: Tensor) -> float:
    r"""Fréchet Inception distance: between Gaussians with the means and covariances of the features.

    .. math:: \lVert \mu_1 - \mu_2 \rVert^2 + \operatorname{Tr}\bigl(\Sigma_1 + \Sigma_2
              - 2 (\Sigma_1 \Sigma_2)^{1/2}\bigr)

    Features (n, d) and (m, d), n and m above d, else the covariances are singular. Biased: it falls
    as n and m grow. Heusel et al. (2017), eq. 6. Chapter 10 derives it.

    >>> x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> round(fid(x, x + torch.tensor([3.0, 4.0])), 2)  # a shift by 5
    25.0
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # slow to import

    metric = FrechetInceptionDistance(feature=_given(_pair(real, fake)))
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return metric.compute().item()


def kid(real: Tensor, fake: Tensor) -> float:
    r"""Kernel Inception distance: the unbiased squared MMD, kernel :math:`(x \cdot y / d + 1)^3`.

    As many features (n, d) on each side. The value may be below 0, as an unbiased estimate of 0
    must. Bińkowski et al. (2018), section 4. Chapter 10 derives it.

    >>> round(kid(torch.tensor([[0.0], [0.0]]), torch.tensor([[1.0], [1.0]])), 2)  # 1 + 8 - 2
    7.0
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    if len(real) != len(fake):
        sizes = f"{len(real)} real and {len(fake)} generated examples"
        raise ValueError(f"{sizes}: expected as many of each")
    # torchmetrics shuffles with the global stream, and warns that it keeps all features.
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        network = _given(_pair(real, fake))
        metric = KernelInceptionDistance(feature=network, subsets=1, subset_size=len(real))
        metric.update(real.double(), real=True)
        metric.update(fake.double(), real=False)
        return metric.compute()[0].item()


def inception_score(logits: Tensor) -> float:
    r"""Inception Score of generated images, from 1 to the number of classes.

    .. math:: \exp \mathbb{E}_x \mathrm{KL}(p(y|x) \Vert p(y))

    No real image is looked at. Salimans et al. (2016), section 4. Chapter 10 derives it.

    >>> round(inception_score(50 * torch.eye(10)), 2)  # ten sure digits, one of each
    10.0
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

    Around each example of a set, draw a ball that just reaches its k-th nearest neighbour in that
    set: together they are the set's manifold. Precision is the share of generated examples in the
    manifold of the real ones, recall the share of real examples in that of the generated ones.
    Chapter 10 derives it.

    Parameters
    ----------
    real, fake : Tensor, shapes (n, d) and (m, d)
        Features.
    k : int
        Which neighbour, 3 in the paper; below n and m, else ValueError.

    Examples
    --------
    >>> real = torch.tensor([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]])
    >>> precision_recall(real, real[:3], k=1)  # half of the real ones are missed
    (1.0, 0.5)
    """
    _pair(real, fake)
    smaller = min(len(real), len(fake))
    if not 1 <= k < smaller:
        expected = f"expected at least 1 and below the number of examples, {smaller}"
        raise ValueError(f"k = {k}: {expected}")
    return _share_inside(fake, real, k), _share_inside(real, fake, k)


def _share_inside(points: Tensor, centres: Tensor, k: int) -> float:
    """Return the share of `points` in a ball around one of `centres`."""
    distances = (torch.cdist(block, centres) for block in centres.split(BLOCK))
    radii = torch.cat([rows.kthvalue(k + 1, dim=1).values for rows in distances])  # nearest: itself
    blocks = points.split(BLOCK)
    inside = [(torch.cdist(block, centres) <= radii).any(dim=1) for block in blocks]
    return torch.cat(inside).double().mean().item()


def nearest(x: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distance from each row of `x` (n, d) to the nearest of `among` (m, d), and which.

    Both are (n,). A generator that memorises is nearer to the training images than other real
    images are. Chapter 10 asks so.

    >>> nearest(torch.tensor([[0.0], [9.0]]), torch.tensor([[7.0], [1.0]]))
    (tensor([1., 2.]), tensor([1, 0]))
    """
    _check_finite(x, "x")
    _check_finite(among, "among")
    # The nearest has the least |a|²/2 - x·a, one matrix product for all; around the middle, since
    # products of numbers far from 0 would have lost the distances' digits.
    middle = among.mean(dim=0)
    centred = among - middle
    half_squares = centred.square().sum(dim=1) / 2
    products = ((rows - middle) @ centred.T for rows in x.split(100))
    index = torch.cat([(half_squares - block).argmin(dim=1) for block in products])
    return (x - among[index]).norm(dim=1), index


def class_shares(logits: Tensor) -> Tensor:
    """Return the share of each class among the first choices of `logits` (n, classes): (classes,).

    Chapter 10 counts them.

    >>> class_shares(torch.tensor([[0.0, 2.0, 1.0], [5.0, 0.0, 0.0]]))
    tensor([0.5000, 0.5000, 0.0000])
    """
    _check_finite(logits, "logits")
    return logits.argmax(dim=1).bincount(minlength=logits.shape[1]) / len(logits)


def class_imbalance(shares: Tensor) -> float:
    """Return KL(shares ‖ uniform), in nats: 0 for equal shares, log 10 if one of ten has all.

    Chapter 10 derives it.

    >>> class_imbalance(torch.full((10,), 0.1)) < 1e-6
    True
    """
    if not ((shares >= 0).all() and abs(shares.sum().item() - 1) < 1e-4):
        raise ValueError(f"shares = {shares.tolist()}: expected non-negative numbers that sum to 1")
    present = shares[shares > 0].double()
    return (present * (present * len(shares)).log()).sum().item()


def measure(
    images: Tensor,
    reference: Tensor,
    training: Tensor,
    *,
    reference_features: Tensor | None = None,
    n_exact: int = N_EXACT,
) -> dict[str, float]:
    """Hold images against a reference: every metric of this module, by name. Chapter 10 uses it.

    Parameters
    ----------
    images, reference : Tensor, equal shapes (n, 1, 28, 28), in [-1, 1]
        What to measure, and real images that no network of this book has trained on.
    training : Tensor, shape (m, 1, 28, 28), in [-1, 1]
        What the generator has seen.
    reference_features : Tensor, shape (n, 64), optional
        `features(reference)`, if they are known already.
    n_exact : int
        Exact transport, and the search for the nearest training image, take the first so many.

    Returns
    -------
    dict
        fid, kid, inception_score, precision, recall, w1_pixels, w1_features, sliced_pixels,
        sliced_features, nearest (median distance to the nearest training image, in pixels), classes
        (how many of the ten occur), class_imbalance, and readable (the share of which the judge is
        at least 80 % sure).

    Examples
    --------
    >>> digits = torch.rand(100, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    >>> measured = measure(digits, digits, digits, n_exact=10)
    >>> measured["nearest"], measured["precision"], measured["recall"]
    (0.0, 1.0, 1.0)
    """
    x = features(images)
    y = features(reference) if reference_features is None else reference_features
    few, few_real = images[:n_exact].flatten(1), reference[:n_exact].flatten(1)
    few_x, few_y = x[:n_exact], y[:n_exact]
    judged = judge(images)
    shares = class_shares(judged)
    precision, recall = precision_recall(y, x)
    return {
        "fid": fid(y, x),
        "kid": kid(y, x),
        "inception_score": inception_score(logits(x)),
        "precision": precision,
        "recall": recall,
        "w1_pixels": transport.emd(few, few_real).cost,
        "w1_features": transport.emd(few_x, few_y).cost,
        "sliced_pixels": transport.sliced_wasserstein(few, few_real),
        "sliced_features": transport.sliced_wasserstein(few_x, few_y),
        "nearest": nearest(few, training.flatten(1))[0].median().item(),
        "classes": int((shares > 0).sum()),
        "class_imbalance": class_imbalance(shares),
        "readable": (judged.softmax(dim=1).amax(dim=1) >= SURE).double().mean().item(),
    }


def _outputs(network: nn.Module, images: Tensor) -> Tensor:
    shaped = images.shape[1:] == networks.IMAGE_SHAPE and len(images) > 0
    if not (shaped and images.is_floating_point()):
        raise ValueError(
            f"images have shape {tuple(images.shape)} and type {images.dtype}: expected "
            "floating-point images (n, 1, 28, 28), which mnist.scale makes of pixels"
        )
    largest = images.abs().max().item()
    if not largest <= 1.001:  # so that a NaN is caught too
        expected = "expected values in [-1, 1], as mnist.scale and generators give"
        raise ValueError(f"images reach {largest:.4g}: {expected}")
    return torch.cat([network(batch) for batch in images.split(BLOCK)])


def _pair(real: Tensor, fake: Tensor) -> int:
    """Return the number of features, the same in both."""
    flat = real.dim() == fake.dim() == 2 and real.shape[1] == fake.shape[1]
    if not flat or min(len(real), len(fake)) < 2:
        raise ValueError(
            f"real has shape {tuple(real.shape)} and fake {tuple(fake.shape)}: expected features "
            "(n, d) and (m, d), with n and m at least 2"
        )
    _check_finite(real, "real")
    _check_finite(fake, "fake")
    return real.shape[1]


def _check_finite(values: Tensor, name: str) -> None:
    if not torch.isfinite(values).all():
        problem = f"{name} holds a NaN or an infinite number"
        raise ValueError(f"{problem}: is the generator's output finite?")


def _given(size: int) -> nn.Module:
    """Return a "network" that hands on features as they are, which is how torchmetrics takes them."""
    network = nn.Identity()
    network.num_features = size
    return network
