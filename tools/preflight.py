"""Say in one line why the environment cannot be made here, before anything is made.

It runs on whatever ``python3`` is, so it is written for any Python 3.
"""

import shutil
import sys

GIGABYTES = 8  # on Linux torch brings CUDA along


def complaint():
    """Return what is missing, or None."""
    if sys.version_info < (3, 10):
        return "Python 3.10 or newer is needed, and this is {}.{}: make PYTHON=python3.12 ...".format(*sys.version_info)
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return "Python's venv module is missing: on Debian or Ubuntu, apt install python3-venv"
    free = shutil.disk_usage(".").free / 1e9
    if free < GIGABYTES:
        return "{:.1f} GB of disk are free here, and about {} GB are needed".format(free, GIGABYTES)
    return None


if __name__ == "__main__":
    sys.exit(complaint())
