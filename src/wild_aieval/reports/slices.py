"""Results by group of items: a figure for each kind of group, and the table with every group."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.reports.forest import Panel, better, draw, places_of
from wild_aieval.reports.headline import written
from wild_aieval.reports.page import Cell, drawing, element, folded, table
from wild_aieval.reports.pictures import Form
from wild_aieval.reports.results import Result
from wild_aieval.reports.words import items_in_words, measure_in_words

Slice = Mapping[str, Any]
_SMALL, _NONE = "too small to rely on", "too few for a figure"
_NOT_KNOWN = "not known"
_KINDS = {"year": "year", "office": "office of origin", "length": "length of the text", "section": "section of the IPC"}


def figures(result: Result, form: Form) -> dict[str, bytes]:
    """One figure for each kind of group of which at least two have figures."""
    made = {f"slices_by_{kind}": _figure(result, kind, form) for kind in kinds(result)}
    return {name: image for name, image in made.items() if image is not None}


def kinds(result: Result) -> list[str]:
    """The kinds of groups that the items of this benchmark fall into."""
    return list(dict.fromkeys(entry["by"] for entry in result.entry.get("slices") or ()))


def caption(name: str) -> str:
    """What a figure of this module shows."""
    kind = name.removeprefix("slices_by_")
    return (
        f"Results by {_KINDS.get(kind, kind)}, with their 95 % intervals. The dashed line is the result over all "
        "items. Hollow grey rings are groups too small to rely on."
    )


def section(result: Result, svgs: Mapping[str, bytes], prefix: str) -> list[str]:
    """The part of a run's page; nothing where items fall into no groups."""
    found = kinds(result)
    if not found:
        return []
    names = list(dict.fromkeys(name for entry in result.entry["slices"] for name in entry["measures"]))
    parts = [element("h3", "Results by group"), element("p", _how_many(result), "soft")]
    for kind in found:
        name = f"slices_by_{kind}"
        if name in svgs:
            parts.append(drawing(svgs[name], f"{prefix}-{name}", caption(name)))
    return [*parts, folded("All groups as a table", _table(result, names))]


def _how_many(result: Result) -> str:
    total = len(result.entry["slices"])
    small = sum(entry["small"] for entry in result.entry["slices"])
    return (
        f"There are {total} groups, {small} of them {_SMALL}. Their intervals are for each group by itself: of twenty "
        "such intervals, one misses the true value by chance alone. A group that stands out is a reason to look at its "
        "items, not a finding."
    )


def _table(result: Result, names: Sequence[str]) -> str:
    heads = ("Group", "By", *(Cell(name, "number") for name in names), Cell("n", "number"), "Remark")
    rows = [
        (
            entry["group"] or _NOT_KNOWN,
            entry["by"],
            *(Cell(_shown(entry, name), "number") for name in names),
            Cell(entry["n"], "number"),
            _remark(entry),
        )
        for kind in kinds(result)
        for entry in _of(result, kind)
    ]
    return table("Results by group with 95 % intervals, not adjusted for the number of groups.", heads, rows)


def _shown(entry: Slice, name: str) -> str:
    return written(name, entry["measures"].get(name)) if entry["measures"] else "–"


def _remark(entry: Slice) -> str:
    if not entry["measures"]:
        return _NONE
    return _SMALL if entry["small"] else ""


def _figure(result: Result, kind: str, form: Form) -> bytes | None:
    """The first measure of the groups; those without figures are named below."""
    groups = _of(result, kind)
    names = list(dict.fromkeys(name for entry in groups for name in entry["measures"]))[:1]
    shown = [entry for entry in groups if names and (entry["measures"].get(names[0]) or {}).get("value") is not None]
    if len(shown) < 2:
        return None
    name = names[0]
    overall = (result.entry["measures"].get(name) or {}).get("value")
    values = [entry["measures"][name] for entry in shown]
    panel = Panel(name, f"{measure_in_words(name)}{better(name)}", values, places_of(name), overall)
    rows = [f"{entry['group'] or _NOT_KNOWN} (n = {entry['n']}{', small' * entry['small']})" for entry in shown]
    left = [f"{entry['group'] or _NOT_KNOWN} ({entry['n']})" for entry in groups if entry not in shown]
    note = f"{result.title}: {items_in_words(result.entry['task'])} by {_KINDS.get(kind, kind)}"
    note += f". Too few for a figure: {', '.join(left)}" if left else ""
    return draw(rows, [panel], note, form, [not entry["small"] for entry in shown])


def _of(result: Result, kind: str) -> list[Slice]:
    return sorted((e for e in result.entry["slices"] if e["by"] == kind), key=lambda e: _order(e["group"]))


def _order(group: str) -> tuple[Any, ...]:
    """Numbers by size, 'under …' first, what is not known last."""
    number = re.search(r"\d+", group)
    return (not group, int(number[0]) if number else -1, not group.startswith("under "), group)
