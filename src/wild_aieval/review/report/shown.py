"""How figures of a review are written, and the table on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

Figure = Mapping[str, Any]
_PLAIN = ("minutes", "alpha", "kappa", "augrc", "smooth_calibration")


def value(figure: Figure) -> str:
    """Value and interval; a share in per cent, or why it was not measured."""
    if figure["value"] is None:
        return "not measured"
    bounds = ""
    if figure["low"] is not None:
        bounds = f" [{number(figure, figure['low'])}, {number(figure, figure['high'])}]"
    return number(figure, figure["value"]) + bounds


def number(figure: Figure, amount: float) -> str:
    """One number in the unit of the figure."""
    if figure["name"] == "review.certified":
        return "yes" if amount else "no"
    if any(part in figure["name"] for part in _PLAIN):
        return f"{amount:.3g}"
    return f"{100 * amount:.1f}\u00a0%"


def denominator(figure: Figure) -> str:
    """What the figure is of."""
    if figure["value"] is None:
        return str(figure["why"])
    counted = f"{figure['k']} of {figure['n']}" if figure["k"] is not None else str(figure["n"])
    more = "; ".join(f"{name.replace('_', ' ')} {number(figure, found)}" for name, found in figure["more"].items())
    return f"{counted} {figure['of']}" + (f" ({more})" if more else "")


def print_report(data: Mapping[str, Any], page: Path) -> None:
    """A table for each benchmark, its sentences, the head of the ledger."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=False)
    for result in data["results"]:
        table = Table(title=f"{result['benchmark']} {result['version']}", title_justify="left", show_lines=False)
        for name in ("figure", "value [95 % interval]", "of"):
            table.add_column(name, overflow="fold")
        for figure in result["figures"]:
            table.add_row(figure["name"].removeprefix("review."), value(figure), denominator(figure))
        console.print(table)
        for sentence in result["sentences"]:
            console.print(sentence, markup=False)
    console.print(data["ledger"]["sentence"], markup=False)
    console.print(f"page: {page}", markup=False)
