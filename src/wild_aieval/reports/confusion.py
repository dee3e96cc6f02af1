"""Classification: assigned against suggested sections, as a figure and as a table whose cells lead to the items."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from wild_aieval.reports.page import Link, element, scrolling
from wild_aieval.reports.pictures import Form, new_figure, plain, rendered, title
from wild_aieval.reports.results import Result, Row, some

NO_ANSWER = "none"
_SHADES = 6


Pair = tuple[str, str]


def section_pairs(result: Result) -> Iterator[Pair | None]:
    """For each item the sections of the first assigned symbol and of the first suggestion; None where rows do not tell.

    Rows of items and answers stand in the same order.
    """
    if result.entry["task"] != "classification" or not result.rules.texts:
        return
    for row, answer in zip(some(result.items, "expected"), some(result.predictions, "output"), strict=True):
        yield section_pair(row, answer)


def section_pair(row: Row, answer: Row) -> Pair | None:
    """Of one item."""
    assigned = (row.get("expected") or "").strip()
    output = json.loads(answer["output"]) if answer["output"] else []
    guess = str(output[0][0])[:1].upper() if output else ""
    return (assigned[0].upper(), guess or NO_ANSWER) if assigned else None


class Confusion:
    """Counts by assigned section (rows) and suggested section (columns)."""

    def __init__(self, pairs: Iterable[Pair | None]) -> None:
        self.counts = Counter(pair for pair in pairs if pair)
        self.totals: Counter[str] = Counter()
        for (true, _), count in self.counts.items():
            self.totals[true] += count
        self.rows = sorted(self.totals)
        guesses = {guess for _, guess in self.counts}
        self.columns = sorted({*self.rows, *guesses}, key=lambda name: (name == NO_ANSWER, name))

    def share(self, true: str, guess: str) -> float:
        """Of the documents of section ``true``, the share with this suggestion."""
        return self.counts[true, guess] / self.totals[true]


def figure(result: Result, form: Form) -> bytes | None:
    """First suggestion against the first assigned symbol, by section; open benchmarks only."""
    found = Confusion(section_pairs(result))
    if not found.counts:
        return None
    drawn, axis = new_figure(2.2 + 0.55 * len(found.columns), 1.9 + 0.5 * len(found.rows), form=form)
    shares = [[found.share(true, guess) for guess in found.columns] for true in found.rows]
    axis.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1)
    for y, true in enumerate(found.rows):
        for x, guess in enumerate(found.columns):
            _number(axis, x, y, found.counts[true, guess], shares[y][x])
    axis.set_xticks([x + 0.5 for x in range(len(found.columns))], [plain(name) for name in found.columns])
    names = [plain(f"{true} ({found.totals[true]})") for true in found.rows]
    axis.set_yticks([y + 0.5 for y in range(len(found.rows))], names)
    axis.set_ylim(len(found.rows), 0)
    axis.set_xlabel("section of the first suggestion")
    axis.set_ylabel("section of the first assigned\nsymbol (documents)")
    title(axis, "Suggested and assigned sections", f"numbers of documents, n = {found.totals.total()}")
    return rendered(drawn, form)


def _number(axis: Any, x: int, y: int, number: int, share: float) -> None:
    if number:
        colour = "white" if share > 0.55 else "black"
        axis.text(x + 0.5, y + 0.5, str(number), ha="center", va="center", fontsize=9, color=colour)


def grid(result: Result, explorer: str) -> list[str]:
    """The same as a table; each number is a link that shows its items in the explorer."""
    found = Confusion(section_pairs(result))
    if not found.counts:
        return []
    caption = (
        "Documents by section of the first assigned symbol (rows) and of the first suggestion (columns). The darker a "
        "cell, the larger its share of the row; framed cells are right. A number leads to its documents."
    )
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in found.columns)
    rows = "\n".join(_row(found, true, explorer) for true in found.rows)
    content = (
        f'<table class="grid">\n<caption><span>{escape(caption)}</span></caption>\n'
        f'<thead><tr><th scope="col">assigned \\ suggested</th>{heads}<th scope="col">all</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table>"
    )
    return [element("h3", "Confusion by section"), scrolling("Confusion by section", content)]


def _row(found: Confusion, true: str, explorer: str) -> str:
    cells = "".join(_cell(found, true, guess, explorer) for guess in found.columns)
    return f'<tr><th scope="row">{escape(true)}</th>{cells}<td><span>{found.totals[true]}</span></td></tr>'


def _cell(found: Confusion, true: str, guess: str, explorer: str) -> str:
    number = found.counts[true, guess]
    shade = min(_SHADES, -int(-found.share(true, guess) * _SHADES // 1))
    kind = " ".join([*([f"heat-{shade}"] if shade else []), *(["same"] if true == guess else [])])
    if not number:
        content = '<span aria-label="no documents">·</span>'
    else:
        data = {"explorer": explorer, "assigned": true, "suggested": guess}
        said = f"{number} documents assigned to section {true}, suggested: {guess}. Show them"
        content = Link(number, f"#{explorer}", data=data).html(said)
    return f'<td class="{kind}">{content}</td>' if kind else f"<td>{content}</td>"
