"""What the tables of answers share."""

from functools import partial


class Later(partial):
    """An answer that is made when it is judged: the digits are not read when tests are collected."""
