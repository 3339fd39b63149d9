"""What an examination found: one line for each promise."""

import textwrap
from dataclasses import dataclass
from typing import NamedTuple

WIDTH = 80  # characters of a line, so that a page need not be scrolled
COLUMN = 18  # where the words begin, behind mark and name


class Finding(NamedTuple):
    """One promise, and whether it is kept. Chapter 15 reads them.

    Attributes
    ----------
    name : str
        A short name, as "penalty".
    kept : bool or None
        None if it could not be examined.
    measured : str
        What was seen, beside what was expected; or what was missing.
    advice : str
        What to look at in the code, if the promise is broken.

    Examples
    --------
    >>> print(Finding("signs", False, "real scores are pushed down", "Turn the sign of the loss."))
    ✗ signs           real scores are pushed down
                      → Turn the sign of the loss.
    """

    name: str
    kept: bool | None
    measured: str
    advice: str = ""

    def __str__(self) -> str:
        mark = {True: "✓", False: "✗", None: "–"}[self.kept]
        measured = textwrap.fill(
            f"{mark} {self.name:15s} {self.measured}",
            WIDTH,
            subsequent_indent=" " * COLUMN,
            break_on_hyphens=False,
        )
        if self.kept is not False:
            return measured
        return (
            measured
            + "\n"
            + textwrap.fill(
                f"→ {self.advice}",
                WIDTH,
                initial_indent=" " * COLUMN,
                subsequent_indent=" " * (COLUMN + 2),
            )
        )


@dataclass(frozen=True)
class Report:
    """All findings of one examination. Chapter 15 reads them.

    Attributes
    ----------
    findings : list of Finding
        In the order of the examination.

    Examples
    --------
    >>> signs = Finding("signs", True, "as they should be")
    >>> report = Report([signs, Finding("range", None, "give generator")])
    >>> report.broken, report.skipped
    ([], ['range'])
    >>> print(report)
    ✓ signs           as they should be
    – range           give generator
    1 examined, 1 not; nothing found.
    """

    findings: list[Finding]

    @property
    def broken(self) -> list[str]:
        """The names of the promises that are not kept."""
        return [each.name for each in self.findings if each.kept is False]

    @property
    def skipped(self) -> list[str]:
        """The names of those that could not be examined."""
        return [each.name for each in self.findings if each.kept is None]

    @property
    def complaints(self) -> str:
        """The findings of what is broken, as text."""
        return (
            "\n".join(str(each) for each in self.findings if each.kept is False) or "nothing found"
        )

    def __str__(self) -> str:
        examined = len(self.findings) - len(self.skipped)
        result = ", ".join(self.broken) or "nothing found"
        last = (
            f"{examined} examined, {len(self.skipped)} not; {'✗ ' if self.broken else ''}{result}."
        )
        return "\n".join([*map(str, self.findings), last])

    __repr__ = __str__
