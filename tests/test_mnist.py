"""All of MNIST, from wherever it is found, and never a byte of it wrong."""

import gzip
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets

from wgan_lib import mnist

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "mnist"
NAME = "t10k-labels-idx1-ubyte"  # the smallest of the four


def no_download(*args, **options):
    raise AssertionError("nothing needs to be downloaded here")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Work in an empty directory, with the package installed elsewhere, an empty cache and no network."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(mnist, "__file__", str(tmp_path / "site-packages" / "wgan_lib" / "mnist.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(mnist, "DEBIAN", tmp_path / "debian")
    for name in ("MNIST", "FashionMNIST"):
        monkeypatch.setattr(torchvision.datasets, name, no_download)
    return tmp_path


def put(folder, name=NAME, content=None):
    """Put one file of MNIST, or other content under its name, into a folder; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.gz").write_bytes(content or (DATA / f"{name}.gz").read_bytes())
    return folder


# Fashion-MNIST: the same form, other files

CLOTHES = gzip.compress(b"\0\0\x08\x01\0\0\0\x03" + bytes([9, 0, 4]))  # three labels


@pytest.fixture
def clothes(monkeypatch):
    """Let three labels be all of Fashion-MNIST's."""
    digest = hashlib.sha256(gzip.decompress(CLOTHES)).hexdigest()
    monkeypatch.setitem(mnist.DATASETS, "fashion-mnist", mnist.FASHION_SHA256 | {NAME: digest})


ROUTES = ["work/data/fashion-mnist", "data/fashion-mnist", "site-packages/data/fashion-mnist", "debian/fashion-mnist",
          "cache/wgan_lib/FashionMNIST/raw"]  # fmt: skip


@pytest.mark.parametrize("where", ROUTES)
def test_clothes_are_found_in_folders_of_their_own(elsewhere, clothes, where):
    put(elsewhere / "work" / "data" / "mnist")
    put(elsewhere / where, content=CLOTHES)
    assert mnist.labels("test", dataset="fashion-mnist").tolist() == [9, 0, 4]
    assert len(mnist.labels("test")) == 10_000


def test_clothes_are_downloaded_by_torchvision_at_last(elsewhere, clothes, monkeypatch):
    def download(root, download):
        put(Path(root) / "FashionMNIST" / "raw", content=CLOTHES)

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", download)
    assert mnist.labels("test", dataset="fashion-mnist").tolist() == [9, 0, 4]


def test_digits_are_not_taken_for_clothes(elsewhere):
    put(elsewhere / "mine")
    with pytest.raises(ValueError, match=f"is not FashionMNIST's {NAME}: SHA-256"):
        mnist.labels("test", dataset="fashion-mnist", data=elsewhere / "mine")


def test_clothes_that_are_nowhere_name_the_package_that_has_them(elsewhere):
    with pytest.raises(
        FileNotFoundError, match=r"FashionMNIST is not on this machine .*apt install dataset-fashion-mnist"
    ):
        mnist.images(dataset="fashion-mnist")


def test_a_dataset_that_there_is_not_is_named():
    with pytest.raises(ValueError, match="dataset = 'letters': expected one of mnist, fashion-mnist"):
        mnist.images(dataset="letters")


# What it holds


def test_sixty_thousand_images_to_learn_from_and_ten_thousand_to_test():
    for split, n in (("train", 60_000), ("test", 10_000)):
        images, labels = mnist.images(split), mnist.labels(split)
        assert images.shape == (n, 1, 28, 28) and images.dtype == torch.uint8
        assert labels.shape == (n,) and labels.dtype == torch.int64


def test_the_digits_are_as_frequent_as_lecun_says():
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert torch.bincount(mnist.labels("train")).tolist() == train
    assert torch.bincount(mnist.labels("test")).tolist() == test


def test_pixels_have_the_known_mean_and_deviation():
    pixels = mnist.images("train").float() / 255
    assert pixels.mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert pixels.std().item() == pytest.approx(0.3081, abs=5e-5)


def test_images_belong_to_their_labels():
    """The mean image of each digit is nearer to that digit's test images than to others', three times in four."""
    images, labels = mnist.images("test").flatten(1).float(), mnist.labels("test")
    means = torch.stack([images[labels == digit].mean(0) for digit in range(10)])
    assert (torch.cdist(images, means).argmin(1) == labels).float().mean() > 0.75


def test_the_tensor_may_be_written_to():
    labels = mnist.labels("test")
    labels += 1
    assert mnist.labels("test").max() == 9


# Where it is found


def test_an_explicit_directory_comes_first(elsewhere):
    put(elsewhere / "work" / "data" / "mnist", content=b"never read")
    assert len(mnist.labels("test", data=put(elsewhere / "mine"))) == 10_000
    assert len(mnist.labels("test", data=str(elsewhere / "mine"))) == 10_000


def test_an_explicit_directory_without_the_file_is_an_error_though_others_have_it(elsewhere):
    put(elsewhere / "work" / "data" / "mnist")
    with pytest.raises(FileNotFoundError, match=f"no {NAME}.gz in {elsewhere}.*--data DIR"):
        mnist.labels("test", data=elsewhere)


@pytest.mark.parametrize("where", ["work/data/mnist", "data/mnist", "site-packages/data/mnist"])
def test_then_the_repositorys_copy_here_above_or_beside_the_package(elsewhere, where):
    put(elsewhere / "cache" / "wgan_lib" / "MNIST" / "raw", content=b"never read")
    put(elsewhere / where)
    assert len(mnist.labels("test")) == 10_000


def test_then_the_users_cache(elsewhere):
    put(elsewhere / "cache" / "wgan_lib" / "MNIST" / "raw")
    assert len(mnist.labels("test")) == 10_000


def test_the_cache_is_in_the_home_directory_where_no_other_is_named(elsewhere, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(elsewhere))
    assert mnist.cache() == elsewhere / ".cache" / "wgan_lib"


def test_at_last_torchvision_downloads_it_into_the_cache(elsewhere, monkeypatch):
    def download(root, download):
        assert download
        put(Path(root) / "MNIST" / "raw")

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    assert len(mnist.labels("test")) == 10_000
    monkeypatch.setattr(torchvision.datasets, "MNIST", no_download)
    assert len(mnist.labels("test")) == 10_000, "and the next time it is there"


def test_a_download_that_fails_says_what_to_do(elsewhere, monkeypatch):
    def offline(root, download):
        raise RuntimeError("no route to host")

    monkeypatch.setattr(torchvision.datasets, "MNIST", offline)
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded .*no route to host.*--data DIR"):
        mnist.images("test")


def test_a_download_that_leaves_nothing_is_an_error(elsewhere, monkeypatch):
    monkeypatch.setattr(torchvision.datasets, "MNIST", lambda root, download: None)
    with pytest.raises(FileNotFoundError, match="left no train-images-idx3-ubyte.gz"):
        mnist.images()


def test_a_download_is_verified_like_the_rest(elsewhere, monkeypatch):
    wrong = gzip.compress(b"a login page")
    monkeypatch.setattr(
        torchvision.datasets, "MNIST", lambda root, download: put(Path(root) / "MNIST" / "raw", content=wrong)
    )
    with pytest.raises(ValueError, match=r"SHA-256.*Delete .*raw and run again"):
        mnist.labels("test")


def test_unpacked_files_are_read_too(tmp_path):
    (tmp_path / NAME).write_bytes(gzip.decompress((DATA / f"{NAME}.gz").read_bytes()))
    assert torch.equal(mnist.labels("test", data=tmp_path), mnist.labels("test"))


@pytest.mark.parametrize("name", mnist.SHA256)
def test_each_of_the_four_files_is_named_when_it_is_missing(tmp_path, name):
    for other in mnist.SHA256:
        if other != name:
            shutil.copy(DATA / f"{other}.gz", tmp_path)
    read = mnist.images if "images" in name else mnist.labels
    with pytest.raises(FileNotFoundError, match=f"no {name}.gz in .*data/mnist"):
        read("train" if name.startswith("train") else "test", data=tmp_path)


# Damage


def lengths(size):
    return [0, 1, 9, 10, 11, size // 2, size - 9, size - 8, size - 1]


@pytest.mark.parametrize("kept", lengths((DATA / f"{NAME}.gz").stat().st_size))
def test_a_truncated_file_is_named(tmp_path, kept):
    whole = (DATA / f"{NAME}.gz").read_bytes()
    (tmp_path / f"{NAME}.gz").write_bytes(whole[:kept])
    with pytest.raises(ValueError, match=f"{NAME}"):
        mnist.labels("test", data=tmp_path)


@pytest.mark.parametrize("kept", lengths(10_008))
def test_a_truncated_unpacked_file_is_named(tmp_path, kept):
    whole = gzip.decompress((DATA / f"{NAME}.gz").read_bytes())
    (tmp_path / NAME).write_bytes(whole[:kept])
    with pytest.raises(ValueError, match=f"{NAME} is not MNIST's.*SHA-256"):
        mnist.labels("test", data=tmp_path)


HARMLESS = {*range(4, 10)}  # date, system and flags of the gzip header do not touch the content
BYTES = [place for place in range(0, 4500, 97) if place not in HARMLESS]


@pytest.mark.parametrize("place", BYTES)
def test_one_altered_byte_is_noticed(tmp_path, place):
    content = bytearray((DATA / f"{NAME}.gz").read_bytes())
    content[place] ^= 0xFF
    put(tmp_path, content=bytes(content))
    with pytest.raises(ValueError, match=rf"{NAME}.*(truncated or altered|is not MNIST's)"):
        mnist.labels("test", data=tmp_path)


def test_one_altered_byte_in_an_unpacked_file_is_noticed(tmp_path):
    content = bytearray(gzip.decompress((DATA / f"{NAME}.gz").read_bytes()))
    content[5000] ^= 1
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(ValueError, match="is not MNIST's"):
        mnist.labels("test", data=tmp_path)


def test_a_file_with_another_ones_content_is_noticed(tmp_path):
    put(tmp_path, content=(DATA / "train-labels-idx1-ubyte.gz").read_bytes())
    with pytest.raises(ValueError, match=f"is not MNIST's {NAME}"):
        mnist.labels("test", data=tmp_path)


@pytest.mark.parametrize("split", ["valid", "", "TRAIN"])
def test_a_split_that_does_not_exist_is_named(split):
    with pytest.raises(ValueError, match=f"split = '{split}': expected 'train' or 'test'"):
        mnist.images(split)


# Pixels


def test_scaling_maps_bytes_to_minus_one_and_one():
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8)
    torch.testing.assert_close(mnist.scale(pixels), torch.tensor([-1.0, -0.6, 1.0]))
    assert pixels.tolist() == [0, 51, 255], "the bytes stay as they were"


def test_a_grid_puts_images_in_rows_with_a_white_line_between():
    images = torch.linspace(-1, 1, 6).reshape(6, 1, 1, 1).expand(6, 1, 28, 28)
    picture = mnist.grid(images, columns=3)
    assert picture.shape == (2 * 29 + 1, 3 * 29 + 1) and picture.dtype == np.uint8
    assert (picture[::29] == 255).all() and (picture[:, ::29] == 255).all()
    middles = picture[15::29, 15::29].ravel()
    np.testing.assert_allclose(middles, np.linspace(0, 255, 6), atol=1)


def test_a_grid_cuts_what_is_out_of_range():
    picture = mnist.grid(torch.tensor([-9.0, 9.0]).reshape(2, 1, 1, 1).expand(2, 1, 28, 28), columns=2)
    assert (picture[15, 15], picture[15, 44]) == (0, 255)


def test_only_raw_pixels_are_scaled():
    """Floats were scaled in place: twice, and under the feet of whoever held them."""
    pixels = torch.full((1, 1, 28, 28), 255, dtype=torch.uint8)
    once = mnist.scale(pixels)
    with pytest.raises(ValueError, match=r"pixels have the type torch.float32: expected torch.uint8"):
        mnist.scale(once)
    assert (once == 1).all() and (pixels == 255).all()


def test_a_picture_of_nan_is_refused():
    with pytest.raises(ValueError, match="an image holds NaN"):
        mnist.grid(torch.full((1, 1, 28, 28), float("nan")))


def test_a_damaged_directory_of_ones_own_is_not_to_be_restored_with_git(tmp_path):
    """What lies there was never in the repository."""
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"no labels")
    with pytest.raises(ValueError, match=f"Put a whole copy in {tmp_path}, or leave --data out") as raised:
        mnist.labels("test", data=tmp_path)
    assert "git" not in str(raised.value)
