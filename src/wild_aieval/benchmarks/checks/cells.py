"""Cells of CSV and TSV files that a spreadsheet would compute instead of show."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Subject, many

LONGEST_NUMBER = 60  # characters of a cell that are looked at
_NUMBER = re.compile(r"[+-]?[\d.,\s]*\d[\d.,\s]*%?")


def is_formula(cell: str) -> bool:
    """Whether a cell begins with ``=``, ``+``, ``-``, ``@`` and is no number (OWASP, "CSV Injection").

    A dash before a blank begins an entry of a list, and nothing is computed from it.

    >>> is_formula("=1+1"), is_formula("-2.5"), is_formula("- a valve")
    (True, False, False)
    """
    text = cell.lstrip("\t\r\n ")[:LONGEST_NUMBER]
    return text[:1] in tuple("=+-@") and text[1:2].strip() != "" and not _NUMBER.fullmatch(text)


def formula_cells(subject: Subject) -> Iterator[Finding]:
    """``cell-formula``: any such cell; a file that is opened in a spreadsheet must not run what it holds."""
    hits = subject.raw.formulas
    message = (
        f"{many(hits.count, 'cell begins', 'cells begin')} with =, +, - or @: a spreadsheet computes it when it opens "
        "the file, expected is plain text. Give the rows as JSON Lines, or put an apostrophe before these cells."
    )
    yield from hits.finding("cell-formula", "warning", message)
