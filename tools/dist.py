"""Make the library's wheel and source archive, of nothing but the library: ``python tools/dist.py FOLDER``."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from setuptools import build_meta

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ["pyproject.toml", "README.md", "LICENSE"]


def make(target):
    """Build both in a folder that holds the library alone, so that nothing else can get in or stay behind."""
    target = Path(target).resolve()
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in NEEDED:
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "wgan_lib", Path(folder) / "wgan_lib", ignore=shutil.ignore_patterns("__pycache__"))
        here = Path.cwd()
        os.chdir(folder)
        try:
            return [target / build(str(target)) for build in (build_meta.build_wheel, build_meta.build_sdist)]
        finally:
            os.chdir(here)


if __name__ == "__main__":
    made = make(sys.argv[1])
    print(*(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.2f} MB" for path in made), sep="\n")
