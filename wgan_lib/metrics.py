r"""How good generated digits are: scores on the features of a small network.

Functions take plain tensors: features (n, d), logits (n, classes), or images (n, 1, 28, 28) in
[-1, 1]; wrong shapes, NaN and infinities raise ValueError. FID, KID and the Inception Score are
torchmetrics'. Their values on our features mean nothing beside those on others, ImageNet's say:
each is to stand beside its real-against-real value.
"""

import warnings

import torch
from torch import Tensor, nn

from wgan_lib import classifiers
from wgan_lib.arrays import check_features, check_finite
from wgan_lib.mnist import check_images

AT_A_TIME = 1000  # images in one pass of a network, rows in one block of distances


@torch.no_grad()
def features(images: Tensor, dataset: str = "mnist") -> Tensor:
    """Return what a dataset's network sees in images: (n, 64), float32. Chapter 10 uses it.

    >>> features(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 64])
    """
    return _outputs(classifiers.load("features", dataset)[:-1], images)


@torch.no_grad()
def logits(features: Tensor, dataset: str = "mnist") -> Tensor:
    """Return that network's class logits (n, 10) for `features` (n, 64). Chapter 10 uses them.

    >>> logits(torch.zeros(2, 64)).shape
    torch.Size([2, 10])
    """
    check_finite(features, "features")
    return classifiers.load("features", dataset)[-1](features)


@torch.no_grad()
def judge(images: Tensor, dataset: str = "mnist") -> Tensor:
    """Return the class logits (n, 10) of the judge, a network of its own. Chapter 10 asks it.

    >>> judge(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    return _outputs(classifiers.load("judge", dataset), images)


def fid(real: Tensor, fake: Tensor) -> float:
    r"""Fréchet Inception distance, between Gaussians with the means and covariances of features.

    .. math:: \lVert \mu_1 - \mu_2 \rVert^2 + \operatorname{Tr}\bigl(\Sigma_1 + \Sigma_2
              - 2 (\Sigma_1 \Sigma_2)^{1/2}\bigr)

    Features (n, d) and (m, d), n and m above d, else the covariances are singular. Biased: it falls
    as n and m grow. Heusel et al. (2017), eq. 6. Chapter 10 derives it.

    >>> x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> round(fid(x, x + torch.tensor([3.0, 4.0])), 2)  # a shift by 5
    25.0
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # slow to import

    check_features(real, fake)
    metric = FrechetInceptionDistance(feature=_given(real))
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
    check_features(real, fake)
    # torchmetrics shuffles with the global stream, and warns that it keeps all features.
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        metric = KernelInceptionDistance(feature=_given(real), subsets=1, subset_size=len(real))
        metric.update(real.double(), real=True)
        metric.update(fake.double(), real=False)
        return metric.compute()[0].item()  # mean over the subsets; the second is their spread


def inception_score(logits: Tensor) -> float:
    r"""Inception Score of generated images, from 1 to the number of classes.

    .. math:: \exp \mathbb{E}_x \mathrm{KL}(p(y|x) \Vert p(y))

    No real image is looked at. Salimans et al. (2016), section 4. Chapter 10 derives it.

    >>> round(inception_score(50 * torch.eye(10)), 2)  # ten sure digits, one of each
    10.0
    """
    from torchmetrics.image.inception import InceptionScore

    check_finite(logits, "logits")
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        metric = InceptionScore(feature=_given(logits), splits=1)  # so no shuffle matters
        metric.update(logits.double())
        return metric.compute()[0].item()


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    r"""Improved precision and recall (Kynkäänniemi et al. 2019, eqs. 1–2).

    Around each example, draw a ball that just reaches the `k`-th nearest of its own set: together
    they are the set's manifold. Precision is the share of generated examples in the real manifold,
    recall of real ones in the other. Features (n, d), (m, d); k < n, m. Chapter 10 derives it.

    >>> real = torch.tensor([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]])
    >>> precision_recall(real, real[:3], k=1)  # half of the real ones are missed
    (1.0, 0.5)
    """
    check_features(real, fake)
    smaller = min(len(real), len(fake))
    if not 1 <= k < smaller:
        expected = f"expected at least 1 and below the number of examples, {smaller}"
        raise ValueError(f"k = {k}: {expected}")
    return _share_inside(fake, real, k), _share_inside(real, fake, k)


def _share_inside(points: Tensor, centres: Tensor, k: int) -> float:
    """Return the share of `points` in a ball around one of `centres`."""
    distances = (torch.cdist(block, centres) for block in centres.split(AT_A_TIME))
    # The first of the nearest is the centre itself, so the k-th neighbour comes at k + 1.
    radii = torch.cat([rows.kthvalue(k + 1, dim=1).values for rows in distances])
    blocks = points.split(AT_A_TIME)
    inside = [(torch.cdist(block, centres) <= radii).any(dim=1) for block in blocks]
    return torch.cat(inside).double().mean().item()


def nearest(x: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distance from each row of `x` (n, d) to the nearest of `among` (m, d), and which.

    Both are (n,). Memorised images are nearer than new real ones are. Chapter 10 asks so.

    >>> nearest(torch.tensor([[0.0], [9.0]]), torch.tensor([[7.0], [1.0]]))
    (tensor([1., 2.]), tensor([1, 0]))
    """
    check_finite(x, "x")
    check_finite(among, "among")
    # The nearest has the least |a|²/2 - x·a, one matrix product for all; around the middle, since
    # products of numbers far from 0 would have lost the distances' digits.
    middle = among.mean(dim=0)
    centred = among - middle  # (m, d)
    half_squares = centred.square().sum(dim=1) / 2  # (m,)
    products = ((rows - middle) @ centred.T for rows in x.split(100))
    index = torch.cat([(half_squares - block).argmin(dim=1) for block in products])  # (n,)
    return (x - among[index]).norm(dim=1), index


def class_shares(logits: Tensor) -> Tensor:
    """Return the share of each class among the first choices: (classes,). Chapter 10 counts them.

    >>> class_shares(torch.tensor([[0.0, 2.0, 1.0], [5.0, 0.0, 0.0]]))
    tensor([0.5000, 0.5000, 0.0000])
    """
    check_finite(logits, "logits")
    return logits.argmax(dim=1).bincount(minlength=logits.shape[1]) / len(logits)


def class_imbalance(shares: Tensor) -> float:
    """Return KL(shares ‖ uniform) in nats: from 0 to log 10 for ten classes. Chapter 10 derives it.

    >>> class_imbalance(torch.full((10,), 0.1)) < 1e-6
    True
    """
    total = shares.sum().item()
    if not ((shares >= 0).all() and abs(total - 1) < 1e-4):
        raise ValueError(f"shares = {shares.tolist()}: expected non-negative numbers that sum to 1")
    present = shares[shares > 0].double()  # 0 log 0 = 0
    ratio = present * len(shares)  # to a uniform share
    return (present * ratio.log()).sum().item()


def _outputs(network: nn.Module, images: Tensor) -> Tensor:
    check_images(images)
    return torch.cat([network(batch) for batch in images.split(AT_A_TIME)])


def _given(rows: Tensor) -> nn.Module:
    """Return a "network" that hands on `rows` as they are, which is how torchmetrics takes them."""
    network = nn.Identity()
    network.num_features = rows.shape[1]
    return network
