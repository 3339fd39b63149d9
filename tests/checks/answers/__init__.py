"""Tables of answers, one module for each chapter and assignment: WRONG and RIGHT; test_tables.py judges them."""

from functools import partial


class Later(partial):
    """An answer that is made when it is judged: the digits are not read when tests are collected."""
