r"""Instant feedback on the exercises: `check("1.2", answer)` says "right", or gives a hint.

A check is a function that takes the answer and raises `Hint` if it is not right. Most compare with a value computed
there, from first principles, so that a notebook does not show its own answers. Each chapter has its own module.
"""

from importlib import import_module
from pathlib import Path

from wgan_lib.checks.feedback import CHECKS, Hint, check, close, exercise, expect

__all__ = ["CHECKS", "Hint", "check", "close", "exercise", "expect"]

for _path in sorted(Path(__file__).parent.glob("chapter_*.py")):
    import_module(f"wgan_lib.checks.{_path.stem}")  # each registers its checks
