"""Pairs of a comparison as they are shown: the better one first, its wins and losses, the most different items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.confidentiality import leaving
from wild_aieval.metrics.headline import PER_HUNDRED
from wild_aieval.reports.headline import NO_INTERVAL, WITHHELD
from wild_aieval.reports.page import Cell, cut, element, folded, table
from wild_aieval.reports.words import items_in_words

Group = Mapping[str, Any]
Pair = Mapping[str, Any]
_LONGEST = 700


@dataclass(frozen=True, slots=True)
class Row:
    """A pair with the better one first; ``effect``: value of the first minus value of the second, as measured."""

    first: str
    second: str
    effect: float
    low: float | None
    high: float | None
    wins: int | None
    ties: int | None
    losses: int | None
    told_apart: bool
    swapped: bool
    pair: Pair


def rows_of(group: Group) -> list[Row]:
    """In the order of the comparison."""
    return [_row(group, pair) for pair in group["pairs"]]


def _row(group: Group, pair: Pair) -> Row:
    lower = group["lower_is_better"]
    swapped = pair["effect"] > 0 if lower else pair["effect"] < 0
    names = (pair["one"], pair["other"])
    bounds = (pair["low"], pair["high"])
    effect = pair["effect"]
    if swapped:
        names, effect = names[::-1], -effect
        low, high = (None if bound is None else -bound for bound in bounds[::-1])
    else:
        low, high = bounds
    # 'above' counts items on which the one has the higher value, which is the worse one for some measures
    wins, losses = pair["above"], pair["below"]
    if swapped != lower:
        wins, losses = losses, wins
    return Row(*names, effect, low, high, wins, pair["equal"], losses, pair["told_apart"], swapped, pair)


def difference(name: str, value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A signed difference with its interval."""
    if value is None:
        return "not known"
    places = 1 if name in PER_HUNDRED else 3
    bounds = NO_INTERVAL if low is None or high is None else f"{low:+.{places}f}, {high:+.{places}f}"
    return f"{value:+.{places}f} [{bounds}]"


def p_value(value: float | None) -> str:
    """To three places; what is smaller says so."""
    if value is None:
        return "not tested"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def pairs_table(group: Group, rows: Sequence[Row], language: str) -> str:
    """Every pair of the family."""
    heads = (
        "Better – other", "What can be said", *(Cell(head, "number") for head in (
            "Difference [95 % interval]", "p, adjusted", "Items better / same / worse", "Smallest effect shown here",
            "Items needed in all"
        ))
    )  # fmt: skip
    caption = (
        "Pairs, the one with the better value first. Items better, same and worse are those of the first; items "
        "needed is how many would settle a true difference of this size."
    )
    return table(caption, heads, [_cells(group, row, language) for row in rows])


def _cells(group: Group, row: Row, language: str) -> list[object]:
    name, pair = group["measure"], row.pair
    places = 1 if name in PER_HUNDRED else 3
    counts = (row.wins, row.ties, row.losses)
    unknown = WITHHELD if pair.get(WITHHELD) else "not per item"
    signs = unknown if None in counts else " / ".join(map(str, counts))
    smallest = pair["smallest_effect"]
    needed = pair["items_needed"]
    numbers = (
        difference(name, row.effect, row.low, row.high),
        p_value(pair["p_adjusted"]),
        signs,
        "not known" if smallest is None else f"{smallest:.{places}f}",
        "told apart" if row.told_apart else "not known" if needed is None else str(needed),
    )
    head = Cell(f"{row.first} – {row.second}", "text")
    return [head, _said(group, pair, language), *(Cell(number, "number") for number in numbers)]


def _said(group: Group, pair: Pair, language: str) -> Cell:
    return Cell(said(group, pair), "text", language if pair.get("sentence") else "")


def said(group: Group, pair: Pair, names: bool = False) -> str:
    """The sentence of a pair; where it has none what the test says, with both ``names`` if wanted."""
    if pair.get("sentence"):
        return str(pair["sentence"])
    if pair["partial"]:
        words = f"no winner is named, because {' and '.join(pair['partial'])} is partial"
    else:
        words = "told apart" if pair["told_apart"] else "could not be told apart"
    row = _row(group, pair)
    return f"{row.first} – {row.second}: {words}" if names else words


def most_different(group: Group, rows: Sequence[Row]) -> list[str]:
    """Folded, pair by pair: the items on which the two differ most, with both answers where texts may be shown."""
    if not leaving.rules_of(group).rows:
        return []
    parts = [_items(group, row) for row in rows if row.pair.get("most_different")]
    if not parts:
        return []
    items = items_in_words(group["task"])
    return [element("h3", f"{items} on which two systems differ most".capitalize()), *parts]


def _items(group: Group, row: Row) -> str:
    names = ("other", "one") if row.swapped else ("one", "other")
    texts = dict(zip(("input", "expected", *names), ("Input", "Expected", row.first, row.second), strict=True))
    texts = texts if leaving.rules_of(group).texts else {}
    heads = ("Item", Cell("Difference", "number"), *texts.values())
    places = 1 if group["measure"] in PER_HUNDRED else 3
    sign = -1 if row.swapped else 1
    lines = [
        (
            Cell(item["item_id"], "code"),
            Cell(f"{sign * item['effect']:+.{places}f}", "number"),
            *(Cell(cut(item.get(key), _LONGEST), "text") for key in texts),
        )
        for item in row.pair["most_different"]
    ]
    label = f"{row.first} – {row.second}"
    return folded(f"{label}: {len(lines)} items", table(f"Most different items of {label}.", heads, lines))
