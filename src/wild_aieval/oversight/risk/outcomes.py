"""Outcomes of human reviews from a file: the only thing that can calibrate where a benchmark's labels cannot."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from wild_aieval.errors import UserError

_EXPECTED = (
    'one JSON object a line: {"benchmark": "task/name", "item_id": "…", "wrong": true or false, "reviewer": "…"}'
)


def read_outcomes(file: Path, benchmark: str, items: Collection[str]) -> dict[str, float]:
    """Item to 1 (wrong) or 0; where reviewers differ, wrong counts. UserError for a line that cannot be read.

    Items that the file does not name are the caller's to judge: unflagged ones count as wrong, or reviews of easy
    items alone would make a certificate.
    """
    if not file.is_file():
        raise UserError(f"--outcomes {file}: there is no such file. Expected {_EXPECTED}.")
    known, found = set(items), dict[str, float]()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, item, wrong, reviewer = row["benchmark"], row["item_id"], row["wrong"], row["reviewer"]
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{file}, line {number}: {type(error).__name__} {error}. Expected {_EXPECTED}.") from None
        if not isinstance(wrong, bool) or not isinstance(reviewer, str) or not reviewer.strip():
            raise UserError(
                f"{file}, line {number}: found wrong={wrong!r}, reviewer={reviewer!r}. Expected {_EXPECTED}."
            )
        if name != benchmark:
            continue
        if item not in known:
            raise UserError(
                f"{file}, line {number}: {benchmark} has no item '{item}' in this run. Name one of its items."
            )
        found[item] = max(found.get(item, 0.0), float(wrong))
    return found
