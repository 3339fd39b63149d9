"""What can be carried away: the library as a wheel and an archive, and the book as one file."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import pack  # noqa: E402

from wgan_lib import classifiers, mnist  # noqa: E402

LIBRARY = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "wgan_lib").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and path.name != "ruff.toml"
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Return the folder with a wheel and a source archive, as `make dist` writes them."""
    folder = tmp_path_factory.mktemp("work") / "dist"
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'tools'); import dist; dist.make({str(folder)!r})"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_the_wheel_is_the_library_and_nothing_else(dist):
    """With its weights and its font; without the book, the tests and the runs."""
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == LIBRARY
    assert sum(name.endswith(".safetensors") for name in names) == len(classifiers.NAMES) * len(mnist.DATASETS)


def test_the_archive_is_the_library_and_nothing_else(dist):
    """It builds by itself, so it must have its pyproject.toml, its README and its licence."""
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames() if archive.getmember(name).isfile()}
    beside = {name for name in names if not name.startswith(("wgan_lib/", "wgan_lib.egg-info/"))}
    assert {name for name in names if name.startswith("wgan_lib/")} == LIBRARY
    assert beside == {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO", "setup.cfg"}


def test_the_wheel_is_installed_without_the_book(dist, tmp_path):
    """Into an empty folder; what is imported comes from there."""
    (wheel,) = dist.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", tmp_path, wheel]
    subprocess.run(pip, check=True, capture_output=True)
    program = "import wgan_lib.toy as toy; print(toy.__file__, toy.eight_gaussians(3, toy.rng(0)).shape)"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert said.startswith(str(tmp_path)) and "3, 2" in said


def test_the_book_is_one_file_with_the_same_bytes_each_time(tmp_path):
    """One folder, opened with index.html; neither times nor the order of the disk change it."""
    book = tmp_path / "html"
    for name in ("index.html", "book/b.html", "book/a.html", ".buildinfo"):
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(name)
    pack.pack(book, tmp_path / "one.zip")
    (book / "book" / "a.html").touch()
    pack.pack(book, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    names = zipfile.ZipFile(tmp_path / "one.zip").namelist()
    assert names == [f"{pack.NAME}/{name}" for name in ("book/a.html", "book/b.html", "index.html")]
