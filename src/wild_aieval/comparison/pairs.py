"""The comparison of one benchmark's systems: every pair tested, the family corrected, ties grouped.

Systems are refused that were not asked the same items of the same version with the same measure; what
differs is said. The result is plain data, as ``comparison.json`` holds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from wild_aieval.comparison.systems import System
from wild_aieval.confidentiality import cells, leaving
from wild_aieval.errors import UserError, nearest
from wild_aieval.metrics import paired
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.metrics.headline import LOWER_IS_BETTER, headline

SHOWN_ITEMS = 10
Group = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the comparison; ``measure`` and ``baseline`` None: the benchmark's main measure, all pairs."""

    measure: str | None = None
    baseline: str | None = None
    seed: int = 0
    resamples: int = paired.RESAMPLES
    common_items: bool = False


def answers(systems: Sequence[System], question: Question) -> bool:
    """Whether these systems have the measure, and the baseline among them."""
    has_measure = all(question.measure in (None, *system.statistics.aggregates) for system in systems)
    return has_measure and question.baseline in (None, *(system.name for system in systems))


def compare(benchmark: str, systems: Sequence[System], question: Question) -> Group:
    """Every pair of systems (or each against the baseline) on one measure of one benchmark."""
    _same_benchmark(benchmark, systems)
    measure = _measure(benchmark, systems, question.measure)
    _same_signature(benchmark, systems, measure)
    aligned, clusters = _same_items(benchmark, systems, question.common_items)
    taken = {name: system.statistics.aggregates[measure].of_items(places) for name, (system, places) in aligned.items()}
    _enough(benchmark, systems[0], measure, taken)
    ranked = _ranked(taken, measure)
    pairs = _pairs(ranked, question.baseline, benchmark)
    found = [
        _pair(one, other, taken, clusters, question) | _outcome(aligned[one][0], aligned[other][0])
        for one, other in pairs
    ]
    _settle(found, ranked, {name: system for name, (system, _) in aligned.items()})
    _show_items(found, aligned, taken)
    first = systems[0].entry
    _without_small_counts(found, leaving.rules_of(first).smallest)
    return {
        "task": first["task"],
        "benchmark": benchmark,
        "version": first["version"],
        "digest": first["digest"],
        "synthetic": first["synthetic"],
        "confidentiality": first["confidentiality"],
        cells.WITHHELD: first.get(cells.WITHHELD),
        "contributor": first.get("contributor", ""),
        "measure": measure,
        "signature": _signature(taken[ranked[0]]),
        "lower_is_better": measure in LOWER_IS_BETTER,
        "items": len(next(iter(aligned.values()))[1]),
        "cluster": first.get("cluster") if clusters is not None else None,
        "clusters": None if clusters is None else len(set(clusters)),
        "family": "all pairs" if question.baseline is None else f"against {question.baseline}",
        "resamples": question.resamples,
        "seed": question.seed,
        "systems": [_system(name, aligned[name][0], taken[name], found, ranked) for name in ranked],
        "pairs": found,
    }


def _pair(
    one: str, other: str, taken: Mapping[str, Aggregate], clusters: list[str] | None, question: Question
) -> dict[str, Any]:
    found = paired.difference(taken[one], taken[other], clusters, question.seed, question.resamples)
    return {
        "one": one,
        "other": other,
        "effect": found.effect,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "deviation": found.deviation,
        "items": found.items,
        "units": found.units,
        "above": found.above,
        "equal": found.equal,
        "below": found.below,
        "identical": bool(found.p == 1.0 and found.deviation == 0.0 and found.effect == 0.0),
        "found": found,
    }


def _without_small_counts(pairs: list[dict[str, Any]], smallest: int) -> None:
    """On how many items the one is better, worse or the same: none of the three where one is a small cell."""
    for pair in pairs:
        if any(cells.small(pair[side], smallest) for side in ("above", "equal", "below")):
            pair |= {"above": None, "equal": None, "below": None, cells.WITHHELD: smallest}


def _settle(pairs: list[dict[str, Any]], ranked: Sequence[str], systems: Mapping[str, System]) -> None:
    """Correct the family, group ties, and say how much more would be needed."""
    tested = [pair for pair in pairs if pair["p"] is not None]
    for pair, adjusted in zip(tested, paired.holm([pair["p"] for pair in tested]), strict=True):
        pair["p_adjusted"] = adjusted
    apart = {frozenset((p["one"], p["other"])) for p in tested if p["p_adjusted"] < paired.ALPHA and not p["partial"]}
    groups = paired.tie_groups(ranked, apart)
    for pair in pairs:
        found = pair.pop("found")
        told_apart = frozenset((pair["one"], pair["other"])) in apart
        shared = "".join(letter for letter in groups[pair["one"]] if letter in groups[pair["other"]])
        pair.setdefault("p_adjusted", None)
        pair["told_apart"] = told_apart
        pair["tie_group"] = shared or None
        pair["smallest_effect"] = paired.smallest_effect(found, len(tested))
        pair["items_needed"] = None if told_apart else paired.items_needed(found, len(tested))


def _outcome(one: System, other: System) -> dict[str, Any]:
    """Which of the two runs is partial, so that no winner is named."""
    return {"partial": [system.name for system in (one, other) if system.entry["partial"]]}


def _system(
    name: str, system: System, taken: Aggregate, pairs: Sequence[Mapping[str, Any]], ranked: Sequence[str]
) -> dict[str, Any]:
    entry = system.entry
    apart = {frozenset((pair["one"], pair["other"])) for pair in pairs if pair["told_apart"]}
    return {
        "name": name,
        "model": entry["model"],
        # The name alone where the place, as it was typed, is the office's own.
        "run": system.run if leaving.rules_of(entry).texts else Path(system.run).name,
        "value": taken.value(),
        "measures": entry["measures"],
        "tie_group": paired.tie_groups(ranked, apart)[name],
        "counts": entry["counts"],
        "partial": entry["partial"],
        "seconds": entry["timing"]["seconds"],
        "flagged": entry["flags"]["flagged"],
        "notes": entry.get("notes", []),
    }


def _ranked(taken: Mapping[str, Aggregate], measure: str) -> list[str]:
    """Names, best first; equal values by name."""
    sign = 1.0 if measure in LOWER_IS_BETTER else -1.0
    return sorted(taken, key=lambda name: (sign * taken[name].value(), name))


def _pairs(ranked: Sequence[str], baseline: str | None, benchmark: str) -> list[tuple[str, str]]:
    """The declared family: all pairs, the better one first, or each system against the baseline."""
    if baseline is None:
        return list(combinations(ranked, 2))
    if baseline not in ranked:
        raise UserError(f"--baseline {baseline}: no such system on {benchmark}. {nearest(baseline, ranked)}")
    return [(name, baseline) for name in ranked if name != baseline]


def _measure(benchmark: str, systems: Sequence[System], asked: str | None) -> str:
    """The measure that is asked for, else the main one of the task; all systems must have it."""
    common = set.intersection(*(set(system.statistics.aggregates) for system in systems))
    if asked is None:
        first = systems[0].entry
        asked = next((name for name in headline(first["task"], first["measures"]) if name in common), None)
    if asked not in common:
        known = nearest(asked, common) if asked else ""
        raise UserError(f"{benchmark}: not all of these runs have the measure '{asked}'. {known}")
    return asked


def _same_benchmark(benchmark: str, systems: Sequence[System]) -> None:
    for field, words in (("version", "versions"), ("digest", "contents")):
        found = {system.name: str(system.entry[field])[:12] for system in systems}
        if len(set(found.values())) > 1:
            shown = ", ".join(f"{name}: {value}" for name, value in found.items())
            raise UserError(
                f"{benchmark}: these runs measured different {words} of the benchmark ({shown}), so a difference would "
                "not be the candidates'. Run them again on the same version, or 'rescore' them with the benchmark as "
                "it is now."
            )


def _same_signature(benchmark: str, systems: Sequence[System], measure: str) -> None:
    found = {system.name: _signature(system.statistics.aggregates[measure]) for system in systems}
    if len(set(found.values())) > 1:
        shown = "; ".join(f"{name}: {signature}" for name, signature in found.items())
        raise UserError(
            f"{benchmark}: '{measure}' was computed in different ways ({shown}). Compute both with this version: "
            "python -m wild_aieval rescore RUN_FOLDER"
        )


def _enough(benchmark: str, system: System, measure: str, taken: Mapping[str, Aggregate]) -> None:
    """Refuse a comparison whose figures would be figures on a few items, where the benchmark's class forbids it."""
    fewest = min(int(aggregate.applies.sum()) for aggregate in taken.values())
    smallest = leaving.rules_of(system.entry).smallest
    if fewest < smallest:
        raise UserError(
            f"{benchmark}: the comparison by '{measure}' would rest on {fewest} items, and the benchmark is "
            f"aggregate-only, of which no figure on fewer than {smallest} items is shown. Compare runs on more items."
        )


def _signature(aggregate: Aggregate) -> str:
    """Without the number of classes that happened to occur, which is no part of the method."""
    return re.sub(r"\|classes:\d+|\|terms:\d+", "", aggregate.signature)


def _same_items(
    benchmark: str, systems: Sequence[System], common_items: bool
) -> tuple[dict[str, tuple[System, Any]], list[str] | None]:
    """For each system where the compared items stand in its rows; in the order of the first system."""
    keys = {system.name: system.statistics.item_keys for system in systems}
    shared = set.intersection(*(set(found) for found in keys.values()))
    if not common_items and any(len(found) > len(shared) for found in keys.values()):
        shown = ", ".join(f"{name}: {len(found)}" for name, found in keys.items())
        raise UserError(
            f"{benchmark}: these runs were not asked the same items ({shown}; {len(shared)} in all of them). Run them "
            "with the same 'limit' and 'seed', or compare what they share with --common-items."
        )
    if not shared:
        raise UserError(f"{benchmark}: these runs share no item, so nothing can be compared. Run them again.")
    first = systems[0].statistics
    order = [place for place, key in enumerate(first.item_keys) if key in shared]
    wanted = [first.item_keys[place] for place in order]
    clusters = None if first.clusters is None else [first.clusters[place] for place in order]
    aligned = {}
    for system in systems:
        places = {key: place for place, key in enumerate(system.statistics.item_keys)}
        aligned[system.name] = (system, np.array([places[key] for key in wanted], dtype=np.int64))
    return aligned, clusters


def _show_items(
    pairs: list[dict[str, Any]], aligned: Mapping[str, tuple[System, Any]], taken: Mapping[str, Aggregate]
) -> None:
    """The items on which the two differ most, with both answers where texts may be shown; none where rows may not."""
    texts: dict[str, dict[str, Mapping[str, Any]]] = {}
    for pair in pairs:
        one, other = pair["one"], pair["other"]
        away = paired.item_differences(taken[one], taken[other])
        pair["most_different"] = []
        rules = leaving.rules_of(aligned[one][0].entry)
        if away is None or not rules.rows:
            continue
        quoted = rules.texts and aligned[one][0].has_texts
        size = np.abs(np.nan_to_num(away))
        order = [place for place in np.lexsort((np.arange(len(size)), -size))[:SHOWN_ITEMS] if size[place] > 0]
        for name in (one, other):
            if name not in texts and quoted:
                texts[name] = _texts(aligned[name][0])
        ids = aligned[one][0].statistics.item_ids
        for place in order:
            item_id = ids[int(aligned[one][1][place])]
            pair["most_different"].append(
                {"item_id": item_id, "effect": float(away[place])}
                | (_side_by_side(item_id, texts[one], texts[other]) if quoted else {})
            )


def _side_by_side(
    item_id: str, one: Mapping[str, Mapping[str, Any]], other: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    first, second = one.get(item_id, {}), other.get(item_id, {})
    return {
        "input": first.get("input"),
        "expected": first.get("expected"),
        "one": first.get("predicted"),
        "other": second.get("predicted"),
    }


def _texts(system: System) -> dict[str, Mapping[str, Any]]:
    """Rows of the item table by id."""
    rows = system.folder.read_table("items")
    return {row["item_id"]: row for row in rows if row["benchmark"] == system.statistics.benchmark}
