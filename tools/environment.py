"""Make an environment, or renew it: ``environment.py PYTHON VENV REQUIREMENTS [PACKAGE]``.

What is made carries a mark from its first moment; nothing without the mark is filled, let alone cleared. The mark is
the lock, too: of two that come at once, the second finds all done.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from alone import hold


def claimed(folder, ready):
    """Return the mark of `folder`, which is made if there is none, or stop."""
    mark = folder / "made-by-make"
    try:
        folder.mkdir(parents=True)
        mark.touch()
    except FileExistsError:
        pass
    for _ in range(20):  # another make may be between the two lines above
        if mark.exists() or ready.exists():
            return mark
        time.sleep(0.05)
    return sys.exit(f"{folder} is not make's: it was there before. Move it away, or name another: make VENV=... ")


def main(python, venv, requirements, package=None):
    """Fill `venv`, and stamp it at the end: one that was interrupted is made again from the start."""
    folder, ready = Path(venv), Path(venv, "ready")
    mark = claimed(folder, ready)
    hold(mark)
    sources = [Path(requirements), Path("pyproject.toml")]
    if ready.exists() and all(ready.stat().st_mtime > source.stat().st_mtime for source in sources):
        return
    if not ready.exists():
        for entry in folder.iterdir():
            if entry != mark:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        subprocess.run([*python.split(), "-m", "venv", venv], check=True)
    print(f"Installing {requirements} into {venv}: a few minutes, once", flush=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    hashes = ["--require-hashes"] if requirements.endswith(".lock") else []
    subprocess.run([*pip, *hashes, "-r", requirements], check=True)
    if package:
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", package], check=True)
    ready.touch()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except KeyboardInterrupt:
        sys.exit(130)
