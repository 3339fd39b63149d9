r"""All of MNIST as one uint8 tensor, kept where the training runs; never read image by image.

Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747) has the same form, clothes in place
of digits, and is read by the same functions. The four files of either are looked for in this order:
an explicit directory, ``data/mnist`` or ``data/fashion-mnist`` here, above or in the repository,
Debian's package, the user's cache, and last torchvision's download into that cache. Whatever the
route, the unpacked content must have the SHA-256 that stands here.
"""

import gzip
import hashlib
import os
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
FASHION_SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
DATASETS = {"mnist": SHA256, "fashion-mnist": FASHION_SHA256}
TORCHVISION = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}  # its class, and its folder
DEBIAN = Path("/usr/share/datasets")  # its packages are called dataset-fashion-mnist and so on
IMAGE_SHAPE = (1, 28, 28)
PREFIX = {"train": "train", "test": "t10k"}


def images(
    split: str = "train",
    *,
    dataset: str = "mnist",
    data: str | Path | None = None,
    device: str | torch.device = "cpu",
) -> Tensor:
    """Return the images, uint8: (60000, 1, 28, 28) for "train", (10000, 1, 28, 28) for "test".

    Parameters
    ----------
    split : str
        "train" or "test".
    dataset : str
        "mnist", or "fashion-mnist" with ten kinds of clothes.
    data : path, optional
        Directory that holds the four files, packed (``.gz``) or not. Looked up as the module says
        if left out.
    device : str or torch.device
        Where to keep them: 47 MB for all 60,000.

    Raises
    ------
    FileNotFoundError
        If a file is not there and cannot be downloaded.
    ValueError
        If a file is truncated or altered, or there is no such split or dataset.
    """
    content = _read(f"{_prefix(split)}-images-idx3-ubyte", dataset, data)
    return _tensor(content, header=16).reshape(-1, 1, 28, 28).to(device)


def labels(
    split: str = "train",
    *,
    dataset: str = "mnist",
    data: str | Path | None = None,
    device: str | torch.device = "cpu",
) -> Tensor:
    """Return the digits 0 to 9 that belong to `images`, int64; errors as there."""
    content = _read(f"{_prefix(split)}-labels-idx1-ubyte", dataset, data)
    return _tensor(content, header=8).long().to(device)


def scale(pixels: Tensor) -> Tensor:
    """Return uint8 pixels as float32 in [-1, 1], the range of every generator in this book.

    Raises
    ------
    ValueError
        If the pixels are not uint8: they may have been scaled already.
    """
    if pixels.dtype != torch.uint8:
        raise ValueError(
            f"pixels have the type {pixels.dtype}: "
            "expected torch.uint8, 0 to 255, as `images` gives them"
        )
    return pixels.float().div_(127.5).sub_(1)


def check_pixels(images: Tensor) -> Tensor:
    """Return `images` if they are as MNIST has them, uint8 (n, 1, 28, 28); else ValueError."""
    if not isinstance(images, Tensor):
        found = f"a {type(images).__name__}"
    else:
        found = f"a {images.dtype} tensor {tuple(images.shape)}"
        if (
            images.dtype == torch.uint8
            and images.dim() == 4
            and images.shape[1:] == IMAGE_SHAPE
            and len(images)
        ):
            return images
    raise ValueError(
        f"images: expected pixels as MNIST has them, a uint8 tensor (n, 1, 28, 28), and not {found}"
    )


def check_images(images: Tensor) -> None:
    """Raise ValueError unless `images` are what networks make: (n, 1, 28, 28), in [-1, 1]."""
    shaped = images.shape[1:] == IMAGE_SHAPE and len(images) > 0
    if not (shaped and images.is_floating_point()):
        raise ValueError(
            f"images have shape {tuple(images.shape)} and type {images.dtype}: expected "
            "floating-point images (n, 1, 28, 28), which mnist.scale makes of pixels"
        )
    largest = images.abs().max().item()
    if not largest <= 1.001:  # so that a NaN is caught too
        expected = "expected values in [-1, 1], as mnist.scale and generators give"
        raise ValueError(f"images reach {largest:.4g}: {expected}")


def grid(images: Tensor, columns: int = 10) -> np.ndarray:
    """Return images (n, 1, 28, 28) in [-1, 1] as one uint8 picture with `columns` to a row.

    Raises
    ------
    ValueError
        If a pixel is NaN, which has no grey.
    """
    if torch.isnan(images).any():
        raise ValueError("an image holds NaN: the generator that drew it has diverged")
    # Imported here: it takes a second, and only pictures need it
    from torchvision.utils import make_grid

    picture = make_grid(
        images.cpu(), nrow=columns, padding=1, normalize=True, value_range=(-1, 1), pad_value=1.0
    )
    return picture[0].mul(255).round().byte().numpy()


def find_upwards(name: str) -> list[Path]:
    """Return the folders `name` here, in the parents and beside this package, nearest first."""
    here = Path.cwd()
    folders = (here, *here.parents, Path(__file__).resolve().parents[1])
    return [folder / name for folder in folders if (folder / name).is_dir()]


def cache() -> Path:
    """Return the user's cache directory for this package (it may not exist yet)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wgan_lib"


def _prefix(split: str) -> str:
    if split not in PREFIX:
        raise ValueError(f"split = {split!r}: expected 'train' or 'test'")
    return PREFIX[split]


def _read(name: str, dataset: str, data: str | Path | None) -> bytes:
    """Return the unpacked, verified content of one of the four files."""
    if dataset not in DATASETS:
        raise ValueError(f"dataset = {dataset!r}: expected one of {', '.join(DATASETS)}")
    path, wanted = _find(name, dataset, data), DATASETS[dataset][name]
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be unpacked ({error}): it is truncated or altered. {_remedy(path)}"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted:
        raise ValueError(
            f"{path} is not {TORCHVISION[dataset]}'s {name}: SHA-256 {digest}, expected {wanted}. "
            f"{_remedy(path)}"
        )
    return content


def _find(name: str, dataset: str, data: str | Path | None) -> Path:
    """Return the path of one of the four files; download all to the cache if there is no copy."""
    if data is not None:
        return _in_folder(Path(data), name) or _missing(f"no {name}.gz in {Path(data)}", dataset)
    raw = cache() / TORCHVISION[dataset] / "raw"  # torchvision's layout
    for folder in (*find_upwards(f"data/{dataset}"), DEBIAN / dataset, raw):
        if path := _in_folder(folder, name):
            return path
    _download(cache(), dataset)
    left_none = f"torchvision's download left no {name}.gz in {raw}"
    return _in_folder(raw, name) or _missing(left_none, dataset)


def _in_folder(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / f"{name}.gz", folder / name) if path.is_file()), None)


def _download(root: Path, dataset: str) -> None:
    # Imported here: it takes a second, and hardly anyone needs it
    from torchvision import datasets

    name = TORCHVISION[dataset]
    try:
        getattr(datasets, name)(str(root), download=True)
    except Exception as error:
        what = f"{name} is not on this machine and could not be downloaded into {root} ({error})"
        _missing(what, dataset)


def _missing(what: str, dataset: str) -> Path:
    kept = (
        "a clone of the repository has them in data/mnist"
        if dataset == "mnist"
        else f"on Debian or Ubuntu, apt install dataset-{dataset}"
    )
    raise FileNotFoundError(
        f"{what}. Give a directory that holds {', '.join(f'{name}.gz' for name in SHA256)} "
        f"with --data DIR; {kept}."
    )


def _remedy(path: Path) -> str:
    if path.is_relative_to(cache()):
        return f"Delete {path.parent} and run again."
    if path.parent in find_upwards("data/mnist"):
        return "Restore it, for example with `git checkout data/mnist`."
    return f"Put a whole copy in {path.parent}, or leave --data out."


def _tensor(content: bytes, header: int) -> Tensor:
    """Return what follows the header of an IDX file, as a flat uint8 tensor of its own."""
    return torch.from_numpy(np.frombuffer(content, np.uint8, offset=header).copy())
