"""Records of a run as they may leave: entries of ``summary.json`` and RunSpecs. Done twice, nothing more changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval import confidentiality
from wild_aieval.confidentiality import Rules, cells
from wild_aieval.confidentiality.cells import WITHHELD

Data = Mapping[str, Any]
# Plain names, numbers, versions, addresses and ids of models; no blanks, nothing that begins as a path does.
_PLAIN = re.compile(r"(?![~.]{0,2}[/\\])(?![A-Za-z]:[/\\])[^\s\\]{0,100}")
_PLACES = ("benchmark_roots", "path", "folder", "file", "command", "second_system", "certificate")


def rules_of(entry: Data) -> Rules:
    """The rules of one entry of ``results``."""
    return confidentiality.of(entry.get("confidentiality"))


def summary(found: Data) -> dict[str, Any]:
    """A whole summary: each result by its own class, the RunSpec by the strictest of them."""
    results = [entry(result) for result in found["results"]]
    return {**found, "results": results, "runspec": spec(found["runspec"], strictest(results))}


def strictest(results: Sequence[Data]) -> Rules:
    """The rules for what several results have in common."""
    return confidentiality.of(*(result.get("confidentiality") for result in results))


def entry(found: Data) -> dict[str, Any]:
    """One result: where no rows may leave, without figures on few items."""
    rules = rules_of(found)
    if rules.rows:
        return dict(found)
    smallest, asked = rules.smallest, found["counts"]["asked"]
    measures = {name: cells.measure(measured, smallest) for name, measured in found["measures"].items()}
    return {
        **found,
        "measures": measures,
        "slices": _slices(found.get("slices") or (), found["measures"], asked, smallest),
        "flags": _flags(found["flags"], smallest),
        "timing": _timing(found["timing"], asked, smallest),
        WITHHELD: smallest,
    }


def changes(found: Sequence[Data], results: Sequence[Data]) -> list[dict[str, Any]]:
    """What a new scoring changed, each side by the class of its benchmark."""
    known = {result["benchmark"]: rules_of(result).smallest for result in results}
    return [
        {**change, **{side: _side(change[side], known[change["benchmark"]]) for side in ("before", "after")}}
        for change in found
    ]


def spec(found: Data, rules: Rules) -> dict[str, Any]:
    """A RunSpec: where no texts may leave, without places on the disk, free texts and what was typed."""
    if rules.texts:
        return dict(found)
    return {
        **found,
        "settings": _plain("", found["settings"], rules),
        "model": _plain("", found["model"], rules),
        "benchmarks": [{**one, "path": WITHHELD} for one in found.get("benchmarks", ())],
        "context": {name: value for name, value in found.get("context", {}).items() if name != "command"},
    }


def _side(measured: Data | None, smallest: int) -> dict[str, Any] | None:
    return None if measured is None else cells.measure(measured, smallest)


def _slices(found: Sequence[Data], overall: Data, asked: int, smallest: int) -> list[dict[str, Any]]:
    kept = []
    for kind in dict.fromkeys(one["by"] for one in found):
        groups = [one for one in found if one["by"] == kind]
        chosen = cells.shown([group["n"] for group in groups], asked, smallest)
        names = dict.fromkeys(name for group in groups for name in group["measures"])
        hidden = {name: _hidden(name, groups, overall, smallest) for name in names}
        for place, group in enumerate(groups):
            if chosen[place]:
                measures = {
                    name: {**measured, "value": None, "low": None, "high": None, WITHHELD: smallest}
                    if place in hidden[name]
                    else dict(measured)
                    for name, measured in group["measures"].items()
                }
                kept.append({**group, "measures": measures})
    return kept


def _hidden(name: str, groups: Sequence[Data], overall: Data, smallest: int) -> set[int]:
    """Places of the groups of which this measure is not shown: fewer items can have part in it than are asked."""
    sizes = [(group["measures"].get(name) or {"n": 0})["n"] or 0 for group in groups]
    total = (overall.get(name) or {"n": sum(sizes)})["n"] or 0
    return {place for place, keep in enumerate(cells.shown(sizes, total, smallest)) if not keep}


def _flags(found: Data, smallest: int) -> dict[str, Any]:
    """Reasons that called for few items are left out, and how many such reasons there are is said."""
    kept = {code: count for code, count in found["reasons"].items() if not cells.small(count, smallest)}
    left = len(found["reasons"]) - len(kept) + found.get(WITHHELD, 0)
    return {**found, "reasons": kept} | ({WITHHELD: left} if left else {})


def _timing(found: Data, asked: int, smallest: int) -> dict[str, Any]:
    """Percentiles beyond which few answers lie are near to the time of a single one."""

    def cut(percentiles: Data | None) -> dict[str, Any] | None:
        if not percentiles:
            return None
        beyond = {name: asked * (100 - float(name.removeprefix("p"))) / 100 for name in percentiles}
        return {name: value if beyond[name] >= smallest else None for name, value in percentiles.items()}

    return {**found, **{name: cut(found.get(name)) for name in ("latency", "queued")}}


def _plain(name: str, value: Any, rules: Rules) -> Any:
    """Settings without what may quote: texts with blanks, places, long lines; and without lists of ids."""
    if isinstance(value, Mapping):
        return {str(key): _plain(str(key), part, rules) for key, part in value.items()}
    if isinstance(value, list | tuple):
        ids = name in ("items", "requested") and not rules.rows
        return WITHHELD if value and (ids or name in _PLACES) else [_plain(name, part, rules) for part in value]
    if isinstance(value, str) and value:
        return value if _PLAIN.fullmatch(value) and name not in _PLACES else WITHHELD
    return value
