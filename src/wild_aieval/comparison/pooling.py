"""Halves of a benchmark that stay in different offices, compared as one: the statistics of their items in a row.

A sum over all items is the sum over the halves, so that every measure, interval and test is what it would be if the
data lay in one place, to the last digit. Items are in the order in which the first system's runs are given. An item
that two offices have counts twice: their keys are hashed under different contents, so nobody can tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wild_aieval import confidentiality
from wild_aieval.comparison import one_candidate
from wild_aieval.comparison.systems import System
from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError
from wild_aieval.metrics import aggregates
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.packed import Categories, Keys
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.run_folder import SUMMARY
from wild_aieval.runspec import digest


def unsigned(signature: str) -> str:
    """A signature without how many classes or terms there happened to be, which is no part of the method."""
    return re.sub(r"\|classes:\d+|\|terms:\d+", "", signature)


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
    clustered = [part.statistics.clusters for part in parts]
    if any(one is None for one in clustered) and any(one is not None for one in clustered):
        raise UserError(
            f"{benchmark}: some parts of '{name}' are clustered and others are not. They are no one benchmark."
        )
    names = dict.fromkeys(one for part in parts for one in part.statistics.aggregates)
    joined = {one: _measure(benchmark, one, parts) for one in names}
    statistics = ItemStatistics(
        benchmark,
        [item for part in parts for item in part.statistics.item_ids],
        Keys(np.concatenate([part.statistics.item_keys.array for part in parts])),
        [cluster for clusters in clustered for cluster in clusters or ()] if clustered[0] is not None else None,
        _groups([part.statistics.groups for part in parts]),
        {one: aggregate for one, aggregate in joined.items() if aggregate is not None},
    )
    seed = int(first.folder.read_json(SUMMARY)["runspec"]["settings"].get("seed") or 0)
    entry = _entry(parts, _measures(statistics, seed), one_candidate.notes(benchmark, name, parts))
    return replace(first, entry=entry, run=" + ".join(part.run for part in parts), statistics=statistics)


def _measure(benchmark: str, name: str, parts: Sequence[System]) -> Aggregate | None:
    """The measure over all items; None where a part has no ground for it. UserError for another way of counting."""
    known = [part.statistics.aggregates[name] for part in parts if name in part.statistics.aggregates]
    if len({(one.form, unsigned(one.signature)) for one in known}) > 1:
        shown = "; ".join(f"{part.run}: {part.statistics.aggregates[name].signature}" for part in parts)
        raise UserError(
            f"{benchmark}: '{name}' was computed in different ways ({shown}), so its parts cannot be added up. Compute "
            "them with one version: python -m wild_aieval rescore RUN_FOLDER"
        )
    whole = [part.statistics.aggregates.get(name) or _none_applies(name, part, known[0]) for part in parts]
    if any(one is None for one in whole):
        return None
    found = aggregates.joined([one for one in whole if one is not None])
    return replace(found, signature=_signature(found))


def _none_applies(name: str, part: System, like: Aggregate) -> Aggregate | None:
    """A part in which no item has what is measured, such as units, adds nothing. One without labels has no ground."""
    told = part.entry["measures"].get(name)
    if told is None or like.form != "ratio" or unsigned(told["signature"]) != f"{unsigned(like.signature)}|ci:none":
        return None
    return replace(like, rows=np.zeros((len(part.statistics.item_ids), like.rows.shape[1])))


def _signature(found: Aggregate) -> str:
    """How many classes and terms there are is said of the whole."""
    text = re.sub(r"\|classes:\d+", f"|classes:{len(found.columns)}", found.signature)
    return re.sub(r"\|terms:\d+", lambda _: f"|terms:{int(found.rows[:, 1].sum())}", text)


def _measures(statistics: ItemStatistics, seed: int) -> dict[str, Any]:
    """Every measure with its interval, as one office with all the data would have it."""
    from wild_aieval.metrics.statistics import summarise  # with scipy, which is not needed before

    clusters = None if statistics.clusters is None else list(statistics.clusters)
    found = summarise(statistics.aggregates, clusters, seed)
    return {name: value.as_dict() for name, value in sorted(found.items())}


def _entry(parts: Sequence[System], measures: Mapping[str, Any], more: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """One entry for all: the strictest class (no texts), sums of counts, what any part must be read with."""
    entries = [part.entry for part in parts]
    rules = confidentiality.of("shared-scores", *(entry["confidentiality"] for entry in entries))
    notes = {note["code"] + note["text"]: note for note in (*_notes(entries), *more)}
    counts = dict.fromkeys(name for entry in entries for name in entry["counts"])
    found = {
        **entries[0],
        "digest": digest([entry["digest"] for entry in entries]),
        "confidentiality": rules.name,
        "partial": any(entry["partial"] for entry in entries),
        "notes": list(notes.values()),
        "measures": measures,
        "slices": [],
        "counts": {name: sum(entry["counts"].get(name) or 0 for entry in entries) for name in counts},
        "flags": {**entries[0]["flags"], "flagged": sum(entry["flags"]["flagged"] for entry in entries)},
        "timing": {**entries[0]["timing"], "seconds": sum(entry["timing"]["seconds"] for entry in entries)},
        "synthetic": all(entry["synthetic"] for entry in entries),
    }
    return leaving.entry(found)


def _notes(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, str]]:
    return [note for entry in entries for note in entry.get("notes", ())]


def _groups(found: Sequence[Mapping[str, Categories]]) -> dict[str, Categories]:
    kinds = [kind for kind in found[0] if all(kind in groups for groups in found)]
    return {kind: Categories.of(value for groups in found for value in groups[kind]) for kind in kinds}
