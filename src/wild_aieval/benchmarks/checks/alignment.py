"""Pairs that slipped: from some row on, each reference belongs to the source one row before or after."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Subject, shown
from wild_aieval.metrics import preservation
from wild_aieval.standards.languages import decimal_separator

SHIFTS = (-2, -1, 1, 2)
SHORTEST, LENGTH_ONLY = 5, 30  # rows of a run; without numbers it has to be longer
GAIN, MEAN_GAIN = 4.0, 0.3
LENGTH_WEIGHT = 0.3

Marks = Counter[str]


class _Run(NamedTuple):
    gain: float
    start: int
    end: int
    shift: int


class _Side(NamedTuple):
    marks: list[Marks]
    lengths: list[int]


def shifted_rows(subject: Subject) -> Iterator[Finding]:
    """``shifted``: a run of rows whose references fit the sources one or two rows away better than their own.

    For each row and shift the gain is how much better numbers and reference signs agree (F1 of the multisets), plus 0.3
    times how much better the lengths do. The run with the greatest sum (Kadane's algorithm) counts from 5 rows, a gain
    of 4 and a mean of 0.3 on; without numbers it takes 30 rows.
    """
    rows = subject.rows("test")
    source, target = _sides(subject)
    centre = (
        statistics.median(math.log((b + 1) / (a + 1)) for a, b in zip(source.lengths, target.lengths, strict=True))
        if rows
        else 0.0
    )
    found = max((_best_run(source, target, shift, centre) for shift in SHIFTS), default=None)
    if found is None or not _counts(found):
        return
    first, last = rows[found.start], rows[found.end - 1]
    away = (
        f"{abs(found.shift)} row{'s' if abs(found.shift) > 1 else ''} {'further on' if found.shift > 0 else 'before'}"
    )
    other = rows[found.start + found.shift][1]["target"]
    message = (
        f"in {found.end - found.start:,} rows, '{first[1]['id']}' ({first[0]}) to '{last[1]['id']}' ({last[0]}), the "
        f"source fits the reference {away}: {shown(first[1]['source'], 40)} has {shown(first[1]['target'], 40)}, where "
        f"{shown(other, 40)} fits. Find the row that was lost or doubled, and align the rest again."
    )
    yield Finding("shifted", "error", message, first[0])


def _counts(run: _Run) -> bool:
    length = run.end - run.start
    return run.gain >= GAIN and length >= SHORTEST and (run.gain / length >= MEAN_GAIN or length >= LENGTH_ONLY)


def _sides(subject: Subject) -> tuple[_Side, _Side]:
    manifest = subject.manifest
    sides = []
    for name, language in (("source", manifest.source_language), ("target", manifest.target_language)):
        texts = [fields[name] for _, fields in subject.rows("test")]
        sides.append(_Side([_marks(text, str(language)) for text in texts], [len(text) for text in texts]))
    return sides[0], sides[1]


def _marks(text: str, language: str) -> Marks:
    numbers = preservation.numbers(text, decimal_separator(language))
    signs = preservation.reference_signs(text)
    return Counter({f"{number:f}": count for number, count in numbers.items()}) + Counter(
        {f"({sign})": count for sign, count in signs.items()}
    )


def _best_run(source: _Side, target: _Side, shift: int, centre: float) -> _Run:
    """The rows with the greatest sum of gains under a shift."""
    count = len(source.marks)
    best, total, start = _Run(0.0, 0, 0, shift), 0.0, 0
    for row in range(max(0, -shift), min(count, count - shift)):
        if total <= 0:
            total, start = 0.0, row
        total += _fit(source, target, row, row + shift, centre) - _fit(source, target, row, row, centre)
        best = max(best, _Run(total, start, row + 1, shift))
    return best


def _fit(source: _Side, target: _Side, row: int, other: int, centre: float) -> float:
    ratio = math.log((target.lengths[other] + 1) / (source.lengths[row] + 1)) - centre
    return _agreement(source.marks[row], target.marks[other]) - LENGTH_WEIGHT * min(2.0, abs(ratio)) / 2


def _agreement(one: Marks, other: Marks) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.5
