r"""Instant feedback on the exercises: `check("1.2", answer)` says "right", or gives a hint.

Each chapter has a module here, and each of its exercises a function `exercise_2(answer)` that raises `Hint` if the
answer is not right yet. It compares with a value or a function worked out there from first principles, so that a
notebook does not show its own answers. A chapter's module is imported when one of its exercises is checked.
"""

from wgan_lib.checks.feedback import Hint, check, exercises, grade

__all__ = ["Hint", "check", "exercises", "grade"]
