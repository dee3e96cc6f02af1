"""Planted errors: suggestions that are wrong and look like the candidate's own, to see whether reviewers look.

Everything in them was put out by the candidate itself, for this item or another one. Nothing comes from the expected
answers; these only say what must not be planted because it would be right.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from wild_aieval.review.content import SHOWN
from wild_aieval.review.run import Place, ReviewedRun
from wild_aieval.runspec import digest
from wild_aieval.standards import ipc

_OTHERS = 200  # items of which suggestions are borrowed, at most
_NUMBER = re.compile(r"\d+")
_CLAUSE = re.compile(r"[,;、，；]\s*")


class Planter:
    """Makes wrong suggestions for the items of one task of a run."""

    def __init__(self, run: ReviewedRun, task: str, seed: int) -> None:
        self._run, self._seed = run, seed
        make: dict[str, Callable[[Place, Any], Any]] = {
            "classification": self._symbols,
            "translation": self._translation,
            "search": self._documents,
        }
        self._make = make[task]

    def wrong(self, place: Place) -> Any:
        """A wrong suggestion in the form of the task's output, or None where none can be made."""
        output = self._run.output(place)
        return self._make(place, output) if output else None

    def _symbols(self, place: Place, output: list[list[Any]]) -> Any:
        """Own lower ranks without any that is right, filled up from other items; the scores stay where they were."""
        level = self._run.benchmark(place[0]).manifest.label_level
        right = {ipc.truncate(s, level) or s for s in self._run.row(place)["symbols"]}
        shown = output[: SHOWN["classification"]]
        wrong: dict[str, None] = {}
        for symbol, _ in self._candidates(place, output):
            if (ipc.truncate(symbol, level) or symbol) not in right:
                wrong.setdefault(symbol)
            if len(wrong) == len(shown):
                break
        if len(wrong) < len(shown) or list(wrong) == [symbol for symbol, _ in shown]:
            return None  # what is wrong by itself needs nothing planted
        return [[symbol, score] for symbol, (_, score) in zip(wrong, shown, strict=True)]

    def _translation(self, place: Place, output: dict[str, Any]) -> Any:
        """Another number, else a clause or the end left out."""
        text = str(output["text"])
        changed = _another_number(text, self._chance(place)) or _shorter(text)
        return None if changed is None else output | {"text": changed}

    def _documents(self, place: Place, output: list[list[Any]]) -> Any:
        """Documents from lower ranks or other queries, none judged relevant, all early enough to be prior art."""
        benchmark, row = self._run.benchmark(place[0]), self._run.row(place)
        shown = output[: SHOWN["search"]]
        avoided = self._relevant(place[0]).get(place[1], set()) | {name for name, _ in shown}
        wrong: dict[str, None] = {}
        for name, _ in self._candidates(place, output):
            document = benchmark.corpus[name]
            early = not (row["date"] and document["date"]) or document["date"] < row["date"]
            if name not in avoided and early and not (row["family"] and document["family"] == row["family"]):
                wrong.setdefault(name)
            if len(wrong) == len(shown):
                return [[name, score] for name, (_, score) in zip(wrong, shown, strict=True)]
        return None

    def _candidates(self, place: Place, output: list[list[Any]]) -> Iterator[list[Any]]:
        """What was put out for this item, then for some others of the benchmark, in an order of chance."""
        yield from output
        others = self._shuffled(place[0])
        start = self._chance(place) % len(others)
        for step in range(min(len(others), _OTHERS)):
            if (other := others[(start + step) % len(others)]) != place:
                yield from self._run.output(other) or []

    @functools.cache  # noqa: B019  lives as long as one batch is made
    def _shuffled(self, benchmark: str) -> list[Place]:
        names = [place for place in self._run.predictions if place[0] == benchmark]
        return sorted(names, key=lambda place: digest(["other", self._seed, *place]))

    def _chance(self, place: Place) -> int:
        return int(digest(["plant", self._seed, *place])[:8], 16)

    @functools.cache  # noqa: B019  lives as long as one batch is made
    def _relevant(self, benchmark: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in self._run.benchmark(benchmark).parts["qrels"]:
            if row["grade"] > 0:
                found.setdefault(row["query_id"], set()).add(row["document_id"])
        return found


def _another_number(text: str, chance: int) -> str | None:
    """One of the numbers with its last digit changed."""
    places = list(_NUMBER.finditer(text))
    if not places:
        return None
    found = places[chance % len(places)]
    digit = (int(found[0][-1]) + 1 + chance % 8) % 10 or 1
    last = str(digit if digit != int(found[0][-1]) else digit % 9 + 1)
    return text[: found.end() - 1] + last + text[found.end() :]


def _shorter(text: str) -> str | None:
    """Without a middle clause, else without its last third; None for a text too short to lose anything."""
    clauses = list(_CLAUSE.finditer(text))
    if len(clauses) >= 2:
        return text[: clauses[0].end()] + text[clauses[1].end() :]
    words = text.split()
    if len(words) < 6:
        return None
    kept = " ".join(words[: len(words) * 2 // 3]).rstrip(",;:")
    return kept + (text.rstrip()[-1] if text.rstrip()[-1] in ".!?" else "")
