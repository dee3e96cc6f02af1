"""The forest plot: rows with a value and its 95 % interval each, in one or several panels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.metrics.headline import LOWER_IS_BETTER, PER_HUNDRED, headline
from wild_aieval.reports.pictures import BLUE, GREY, Form, new_figure, plain, rendered, wrapped
from wild_aieval.reports.words import items_in_words, measure_in_words

PANELS = 3
Entry = Mapping[str, Any]
Measure = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure of all rows; None where a row was not measured.

    ``line``: where a vertical line stands, such as no difference at 0. ``signed``: values are differences.
    """

    heading: str
    words: str
    values: Sequence[Measure | None]
    places: int = 3
    line: float | None = None
    signed: bool = False


def draw(
    rows: Sequence[str], panels: Sequence[Panel], note: str, form: Form, coloured: Sequence[bool] | None = None
) -> bytes:
    """Rows from top to bottom; what is not ``coloured`` is drawn hollow and grey."""
    shown = coloured or [True] * len(rows)
    names = [plain(row) for row in rows]
    longest = max(map(len, names))
    width = min(1.0 + 0.075 * longest, 4.4) + (3.2 if len(panels) > 1 else 4.0) * len(panels)
    figure, axes = new_figure(width, 1.5 + 0.36 * len(rows), columns=len(panels), form=form, sharey=True, squeeze=False)
    for axis, panel in zip(axes[0], panels, strict=True):
        _panel(axis, panel, shown)
    axes[0][0].set_yticks(range(len(rows)), names)
    axes[0][0].set_ylim(len(rows) - 0.4, -0.7)
    figure.suptitle(wrapped(note, int(13 * width)), x=0.01, ha="left", fontsize=9, color=GREY)
    return rendered(figure, form)


def of_entries(entries: Sequence[Entry], form: Form = "png") -> bytes | None:
    """Up to three measures of candidates side by side, best on top."""
    rows = ordered(entries)
    names = [n for n in headline(rows[0]["task"], rows[0]["measures"]) if any(_measure(e, n) for e in rows)][:PANELS]
    if not names:
        return None
    panels = [panel_of(name, [_measure(entry, name) for entry in rows]) for name in names]
    return draw(labels(rows), panels, _note(rows), form)


def panel_of(name: str, values: Sequence[Measure | None]) -> Panel:
    """The panel of a measure by name."""
    return Panel(name, f"{measure_in_words(name)}{better(name)}", values, places_of(name))


def better(name: str) -> str:
    """Which side is better, where the words of the measure do not say it."""
    return "" if name in LOWER_IS_BETTER else "; further right is better"


def places_of(name: str) -> int:
    """Decimal places at which values of a measure are shown in figures."""
    return 1 if name in PER_HUNDRED else 3


def labels(entries: Sequence[Entry]) -> list[str]:
    """The models' names; a name that comes several times is numbered."""
    total, seen = Counter(entry["model"] for entry in entries), Counter[str]()
    names = []
    for entry in entries:
        seen[entry["model"]] += 1
        names.append(entry["model"] if total[entry["model"]] == 1 else f"{entry['model']} ({seen[entry['model']]})")
    return names


def ordered(entries: Sequence[Entry]) -> list[Entry]:
    """Best first by the measure to compare by; not measured comes last."""
    name = headline(entries[0]["task"], entries[0]["measures"])[0]
    return sorted(entries, key=lambda entry: -_value(entry, name, -1.0))


def _panel(axis: Any, panel: Panel, coloured: Sequence[bool]) -> None:
    bounds = [b for v in panel.values if v for b in (v["value"], v["low"], v["high"]) if b is not None]
    bounds += [] if panel.line is None else [panel.line]
    low, high = (min(bounds), max(bounds)) if bounds else (0.0, 1.0)
    room = (high - low) or abs(high) or 1.0
    if panel.line is not None:
        axis.axvline(panel.line, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    for place, (value, filled) in enumerate(zip(panel.values, coloured, strict=True)):
        if value is None:
            axis.text(low, place, "not measured", fontsize=9, color=GREY, va="center")
        else:
            _row(axis, place, value, panel, filled)
    axis.set_xlim(low - 0.1 * room, high + 0.1 * room)
    axis.locator_params(axis="x", nbins=5)
    axis.grid(axis="y", color="#E5E5E5", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.set_title(plain(panel.heading), fontsize=10, fontweight="bold", loc="left")
    axis.set_xlabel(wrapped(panel.words, 46), fontsize=9)


def _row(axis: Any, place: int, value: Measure, panel: Panel, filled: bool) -> None:
    colour = BLUE if filled else GREY
    if value["low"] is not None and value["high"] is not None:
        bounds = [value["low"], value["high"]]
        axis.plot(bounds, [place, place], color=colour, linewidth=2.2 if filled else 1.2, solid_capstyle="butt")
    axis.plot(
        value["value"], place, "o", color=colour, markerfacecolor=colour if filled else "white", markersize=6, zorder=4
    )
    shown = f"{value['value']:{'+' if panel.signed else ''}.{panel.places}f}"
    where = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center"}
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
    axis.annotate(shown, (value["value"], place), fontsize=8.5, bbox=behind, zorder=1.9, **where)


def _note(rows: Sequence[Entry]) -> str:
    first, n = rows[0], sorted({entry["counts"]["scored"] for entry in rows})
    synthetic = " (synthetic texts)" if first["synthetic"] else ""
    counted = f"n = {n[0]}" if len(n) == 1 else f"n = {n[0]} to {n[-1]}"
    items = items_in_words(first["task"])
    return f"{first['benchmark']} {first['version']}{synthetic}: results with 95 % intervals, {counted} {items}"


def _measure(entry: Entry, name: str) -> Measure | None:
    measure: Measure | None = entry["measures"].get(name)
    return None if measure is None or measure["value"] is None else measure


def _value(entry: Entry, name: str, default: float) -> float:
    measure = _measure(entry, name)
    return default if measure is None else float(measure["value"])
