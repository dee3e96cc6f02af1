"""Halves of a benchmark that stay in different offices, compared as one: the statistics of their items in a row.

A sum over all items is the sum over the halves, so that every measure, interval and test is what it would be if the
data lay in one place, to the last digit. Items are in the order in which the first system's runs are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wild_aieval.comparison.systems import System
from wild_aieval.confidentiality import cells
from wild_aieval.errors import UserError
from wild_aieval.metrics import aggregates
from wild_aieval.packed import Categories, Keys
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.runspec import digest

_CLASSES = ("open", "shared-scores", "aggregate-only")


def pooled(benchmark: str, systems: Sequence[System]) -> list[System]:
    """One system for each candidate; UserError where a part is missing for one, or there twice."""
    by_name: dict[str, list[System]] = {}
    for system in systems:
        by_name.setdefault(system.name, []).append(system)
    wanted = [part.entry["digest"] for part in next(iter(by_name.values()))]
    if len(set(wanted)) < len(wanted):
        raise UserError(
            f"{benchmark}: two of the runs are on the same part, which would count twice. Name one of them."
        )
    return [_joined(benchmark, name, _in_order(benchmark, name, parts, wanted)) for name, parts in by_name.items()]


def _in_order(benchmark: str, name: str, parts: Sequence[System], wanted: Sequence[str]) -> list[System]:
    found = {part.entry["digest"]: part for part in parts}
    if set(found) != set(wanted) or len(parts) != len(wanted):
        raise UserError(
            f"{benchmark}: '{name}' was measured on {len(parts)} parts of it, another candidate on {len(wanted)}, and "
            "they are not the same ones. Name runs of each candidate on each part, once."
        )
    first, *others = [found[one] for one in wanted]
    for other in others:
        if (other.entry["kind"], other.entry["version"]) != (first.entry["kind"], first.entry["version"]):
            raise UserError(
                f"{benchmark}: the parts of '{name}' are of different kinds or versions ({first.run}: "
                f"{first.entry['kind']}, {first.entry['version']}; {other.run}: {other.entry['kind']}, "
                f"{other.entry['version']}). Pool runs of one candidate on one version."
            )
    return [first, *others]


def _joined(benchmark: str, name: str, parts: Sequence[System]) -> System:
    first = parts[0]
    names = [one for one in first.statistics.aggregates if all(one in part.statistics.aggregates for part in parts)]
    clustered = [part.statistics.clusters for part in parts]
    if any(one is None for one in clustered) and any(one is not None for one in clustered):
        raise UserError(
            f"{benchmark}: some parts of '{name}' are clustered and others are not. They are no one benchmark."
        )
    statistics = ItemStatistics(
        benchmark,
        [item for part in parts for item in part.statistics.item_ids],
        Keys(np.concatenate([part.statistics.item_keys.array for part in parts])),
        [cluster for clusters in clustered for cluster in clusters or ()] if clustered[0] is not None else None,
        _groups([part.statistics.groups for part in parts]),
        {one: aggregates.joined([part.statistics.aggregates[one] for part in parts]) for one in names},
    )
    return replace(first, entry=_entry(parts), run=" + ".join(part.run for part in parts), statistics=statistics)


def _entry(parts: Sequence[System]) -> dict[str, Any]:
    """The first part's entry, for all: the strictest class (no texts), the sums of the counts, one digest."""
    entries = [part.entry for part in parts]
    strictest = max((entry["confidentiality"] for entry in entries), key=_CLASSES.index)
    names = dict.fromkeys(name for entry in entries for name in entry["counts"])
    return {
        **entries[0],
        "digest": digest([entry["digest"] for entry in entries]),
        "confidentiality": max(strictest, "shared-scores", key=_CLASSES.index),
        "counts": {name: sum(entry["counts"].get(name) or 0 for entry in entries) for name in names},
        "synthetic": all(entry["synthetic"] for entry in entries),
        cells.WITHHELD: next((entry[cells.WITHHELD] for entry in entries if entry.get(cells.WITHHELD)), None),
    }


def _groups(found: Sequence[Mapping[str, Categories]]) -> dict[str, Categories]:
    kinds = [kind for kind in found[0] if all(kind in groups for groups in found)]
    return {kind: Categories.of(value for groups in found for value in groups[kind]) for kind in kinds}
