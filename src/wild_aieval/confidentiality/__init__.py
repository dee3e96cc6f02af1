"""What the class of a benchmark lets leave the office: the one place that every way out asks.

The run folder, the ledger, batches and forms of reviews and ``runs/cache`` belong to the office and stay there. What
leaves is whatever goes to MLflow, stands on a page or in a comparison, or is printed. ``leaving`` cuts records down to
it, ``certificates`` and ``reviews`` theirs, ``quoting`` the messages of candidates. See docs/confidentiality.md.
"""

from __future__ import annotations

from dataclasses import dataclass

SMALLEST = 10  # items that a figure of an aggregate-only benchmark rests on, at least


@dataclass(frozen=True, slots=True)
class Rules:
    """What may leave.

    ``texts``: whatever can quote an item: inputs, references, outputs, messages of errors, comments, prompts, names of
    files. ``rows``: something for each item: ids, keys, statuses, measures, flags, codes of reasons, statistics.
    ``smallest``: fewest items that a figure may rest on.
    """

    name: str
    texts: bool
    rows: bool
    smallest: int


OPEN = Rules("open", texts=True, rows=True, smallest=1)
SHARED_SCORES = Rules("shared-scores", texts=False, rows=True, smallest=1)
AGGREGATE_ONLY = Rules("aggregate-only", texts=False, rows=False, smallest=SMALLEST)
_BY_NAME = {rules.name: rules for rules in (OPEN, SHARED_SCORES, AGGREGATE_ONLY)}


def of(*names: str | None) -> Rules:
    """The rules of a class, of several the strictest; a class that is not known, or none at all, is the strictest."""
    found = [_BY_NAME.get(name or "", AGGREGATE_ONLY) for name in names]
    return max(found or [AGGREGATE_ONLY], key=[OPEN, SHARED_SCORES, AGGREGATE_ONLY].index)
