"""The answer that a manager can repeat: what the runs on one benchmark show, in English, French or Spanish.

A sentence names its benchmark, its n and its interval. It names a winner only where the test tells two systems
apart and no run is partial, and only on this benchmark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wild_aieval.comparison import amounts, messages
from wild_aieval.comparison.wording import LANGUAGES, Words
from wild_aieval.metrics.paired import FEWEST

__all__ = ["LANGUAGES", "Speaker", "speaker"]

Record = Mapping[str, Any]
MOST_ITEMS = 100_000


class Speaker:
    """Says what a comparison found, in one language. Takes plain data, as ``comparison.json`` holds it."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def benchmark(self, group: Record) -> str:
        """The answer for all systems on one benchmark."""
        pairs, systems = group["pairs"], group["systems"]
        if len(pairs) == 1:
            return self.pair(group, pairs[0])
        fewest = min(pairs, key=lambda pair: (pair["items"], pair["units"]))
        on = self._on(group, fewest)
        if partial := [system["name"] for system in systems if system["partial"]]:
            return self._words.gettext("No winner is named on {on}: {runs}.", on=on, runs=self._runs(group, partial))
        if untested := [pair for pair in pairs if pair["p"] is None]:
            return self._words.gettext(
                "On {on}, nothing can be said about the {count} systems: {reason}.",
                on=on,
                count=self._words.number(len(systems)),
                reason=self._reason(group, untested[0]),
            )
        if group["family"].startswith("against "):
            return self._against(group, group["family"].removeprefix("against "), on)
        return self._leaders(group, on)

    def pair(self, group: Record, pair: Record) -> str:
        """The answer for two systems on one benchmark."""
        on, both = self._on(group, pair), self._words.names([pair["one"], pair["other"]])
        if pair["partial"]:
            return self._words.gettext(
                "No winner is named between {both} on {on}: {runs}.",
                both=both,
                on=on,
                runs=self._runs(group, pair["partial"]),
            )
        if pair["p"] is None:
            return self._untested(group, pair, on)
        if pair["identical"]:
            return self._words.gettext("On {on}, {both} give the same score on every item.", on=on, both=both)
        better, worse = amounts.better_first(group, pair)
        kind, (effect, *bounds) = amounts.kind(group["measure"]), amounts.difference(group, pair)
        low, high = (self._words.number(bound) for bound in bounds)
        values = {
            "effect": self._words.number(effect),
            "interval": self._words.gettext("[{low}, {high}]", low=low, high=high),
        }
        measure = self._measure(group)
        if pair["told_apart"]:
            return self._words.ngettext(
                *messages.BETTER[kind], effect, on=on, better=better, worse=worse, measure=measure, **values
            )
        return self._words.gettext(
            "On {on}, {both} cannot be told apart by {measure}: {difference}{need}.",
            on=on,
            both=self._words.names([better, worse]),
            measure=measure,
            difference=self._words.ngettext(*messages.DIFFERENCE[kind], effect, **values),
            need=self._need(group, pair),
        )

    def _leaders(self, group: Record, on: str) -> str:
        """Who leads, told by the ties of the system that ranks first."""
        names = [system["name"] for system in group["systems"]]
        tied = {name: {name} for name in names}
        for pair in group["pairs"]:
            if not pair["told_apart"]:
                tied[pair["one"]].add(pair["other"])
                tied[pair["other"]].add(pair["one"])
        leaders = [name for name in names if name in tied[names[0]]]
        if any(tied[name] != set(leaders) for name in leaders):
            form = "overlapping"
        elif leaders == names:
            form = "all"
        else:
            form = "several" if len(leaders) > 1 else "one"
        return self._words.gettext(
            messages.LEADERS[form],
            measure=self._measure(group),
            on=on,
            count=self._words.number(len(names)),
            first=names[0],
            names=self._words.names(leaders),
            others=self._words.names(leaders[1:]),
        )

    def _against(self, group: Record, baseline: str, on: str) -> str:
        """Which systems are better than the baseline, which worse, and which neither."""
        found: dict[str, list[str]] = {"better": [], "worse": [], "tied": []}
        for pair in group["pairs"]:
            name = pair["one"] if pair["other"] == baseline else pair["other"]
            outcome = "better" if amounts.better_first(group, pair)[0] == name else "worse"
            found[outcome if pair["told_apart"] else "tied"].append(name)
        clauses = [
            self._words.ngettext(
                *messages.AGAINST[outcome], len(names), names=self._words.names(names), baseline=baseline
            )
            for outcome, names in found.items()
            if names
        ]
        return self._words.gettext(
            "By {measure} on {on}, {clauses}.",
            measure=self._measure(group),
            on=on,
            clauses=self._words.gettext("; ").join(clauses),
        )

    def _on(self, group: Record, pair: Record) -> str:
        """The benchmark with its n."""
        items = self._words.items(group["task"], pair["items"])
        if group["clusters"] is not None:
            items = self._words.within(items, group["cluster"], pair["units"])
        if group["synthetic"]:
            items = self._words.gettext("{items}, synthetic texts", items=items)
        return f"{group['benchmark']} {group['version']} (n = {items})"

    def _measure(self, group: Record) -> str:
        return self._words.measure(group["measure"], group["lower_is_better"])

    def _need(self, group: Record, pair: Record) -> str:
        """How many more items would settle it; empty where that is not known."""
        if pair["effect"] == 0:
            return self._words.gettext("; no number of items would show a difference of 0")
        if pair["items_needed"] is None or pair["items_needed"] <= pair["items"]:
            return ""
        more = pair["items_needed"] - pair["items"]
        items = self._words.more_items(group["task"], min(MOST_ITEMS, amounts.rounded_up(more)))
        if group["clusters"] is not None:
            items = self._words.from_new(items, group["cluster"])
        if more > MOST_ITEMS:
            return self._words.gettext("; more than {items} would be needed at this difference", items=items)
        return self._words.gettext("; about {items} would be needed at this difference", items=items)

    def _untested(self, group: Record, pair: Record, on: str) -> str:
        one, other = pair["one"], pair["other"]
        said = self._words.gettext(
            "On {on}, nothing can be said about {one} against {other}: {reason}.",
            on=on,
            one=one,
            other=other,
            reason=self._reason(group, pair),
        )
        values = {system["name"]: system["value"] for system in group["systems"]}
        if any(values[name] is None or math.isnan(values[name]) for name in (one, other)):
            return said
        scores = self._words.gettext(
            "{one} scores {score} and {other} {other_score}.",
            one=one,
            other=other,
            score=self._words.number(amounts.score(group, values[one])),
            other_score=self._words.number(amounts.score(group, values[other])),
        )
        return f"{said} {scores}"

    def _reason(self, group: Record, pair: Record) -> str:
        if pair["units"] < FEWEST:
            return self._words.fewer(group["clusters"] is not None, group["cluster"], FEWEST)
        return self._words.gettext("{measure} is not measured", measure=self._measure(group))

    def _runs(self, group: Record, names: list[str]) -> str:
        """Which runs are partial, and how much of them."""
        counts = {system["name"]: system["counts"] for system in group["systems"]}
        runs = [
            self._words.ngettext(
                "the run of {name} is partial ({errors} of {asked} items is in error)",
                "the run of {name} is partial ({errors} of {asked} items are in error)",
                counts[name]["errors"],
                name=name,
                errors=self._words.number(counts[name]["errors"]),
                asked=self._words.number(counts[name]["asked"]),
            )
            for name in names
        ]
        return self._words.gettext("; ").join(runs)


def speaker(language: str) -> Speaker:
    """The sentences of a language; ValueError for one that is not in ``LANGUAGES``."""
    return Speaker(Words(language))
