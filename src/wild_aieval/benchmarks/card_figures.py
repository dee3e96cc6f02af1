"""The part of a card that is computed: statistics, floors, plots; written between marks, so that the words stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BEGIN = "<!-- figures: written by 'benchmark card', do not edit by hand -->"
END = "<!-- end of figures -->"
_CAPTIONS = {
    "lengths": "Lengths of texts by part and field",
    "classes": "Most frequent classes of the test part",
    "judgments": "Judgments by grade",
    "floors": "What the floor candidates reach",
}


def section(found: Mapping[str, Any], told: Iterable[str], plots: Sequence[str], folder: str) -> str:
    """Markdown with marks around it.

    Args:
        found: the description of the benchmark as plain data.
        told: sentences on floors and the smallest difference.
        plots: names of the SVG files, without ending.
        folder: where these are, as the card names it.
    """
    blocks = [
        "## Figures",
        _table(("part", "rows", "families", "clusters", "dates"), _parts(found)),
        _table(("text", "n", "5 %", "median", "mean", "95 %", "longest"), _lengths(found)),
        _labels(found),
        _judgments(found),
        _ratios(found),
        "### Floors\n\n" + "\n".join(f"- {line}" for line in told),
        "\n".join(f"![{_CAPTIONS.get(name, name)}]({folder}/{name}.svg)" for name in plots),
    ]
    return "\n\n".join([BEGIN, *(block for block in blocks if block), END])


def put_in(card: str, made: str) -> str:
    """The card with the section in the place of the old one, else at its end."""
    pattern = re.compile(re.escape(BEGIN) + r".*?" + re.escape(END), re.DOTALL)
    if pattern.search(card):
        return pattern.sub(lambda _: made, card, count=1)
    return card.rstrip() + "\n\n" + made + "\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _parts(found: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for part, count in found["rows"].items():
        dates = found["dates"].get(part)
        known = [found[name].get(part) for name in ("families", "clusters")]
        shown = [f"{number:,}" if number else "" for number in known]
        rows.append([part, f"{count:,}", *shown, f"{dates[0]} to {dates[1]}" if dates else ""])
    return rows


def _lengths(found: Mapping[str, Any]) -> list[list[str]]:
    return [
        [f"{part}, {name} (characters)", f"{one['n']:,}", *(_number(one[key]) for key in _SPREAD)]
        for part, names in found["lengths"].items()
        for name, one in names.items()
    ]


def _number(value: float | None) -> str:
    return "withheld" if value is None else f"{value:,.0f}"


_SPREAD = ("low", "median", "mean", "high", "greatest")


def _labels(found: Mapping[str, Any]) -> str:
    rows = []
    for part, one in found["labels"].items():
        head = ", ".join(f"{name} ({count:,})" for name, count in one["head"][:5])
        per = f"{one['per_item']['mean']:.2f}" if one["per_item"] else ""
        rows.append([part, f"{one['classes']:,}", per, f"{one['rare']:,}", f"{one['single']:,}", head])
    return _table(("part", "classes", "labels per item", "with fewer than 5 items", "with one", "most frequent"), rows)


def _judgments(found: Mapping[str, Any]) -> str:
    judged = found["judgments"]
    if not judged:
        return ""
    grades = ", ".join(f"grade {grade}: {count:,}" for grade, count in judged["grades"].items())
    per = judged["relevant_per_query"]
    spread = f"{_number(per['least'])} to {_number(per['greatest'])}, median {per['median']:.0f}" if per else "none"
    rows = [[grades, spread, f"{judged['unjudged_queries']:,}"]]
    return _table(("judgments", "relevant documents for a query", "queries without judgments"), rows)


def _ratios(found: Mapping[str, Any]) -> str:
    one = found["length_ratio"]
    if not one:
        return ""
    return (
        f"Length of the reference in lengths of the source: median {one['median']:.2f}, "
        f"5 % to 95 %: {one['low']:.2f} to {one['high']:.2f}."
    )
