"""The forest plot: several candidates on one benchmark, each with its 95 % interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.metrics.headline import LOWER_IS_BETTER, headline
from wild_aieval.reports.pictures import BLUE, GREY, new_figure, png
from wild_aieval.reports.words import items_in_words, measure_in_words

PANELS = 3
Entry = Mapping[str, Any]


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


def forest(entries: Sequence[Entry]) -> bytes | None:
    """Up to three measures side by side; rows are candidates, best on top."""
    rows = ordered(entries)
    names = [n for n in headline(rows[0]["task"], rows[0]["measures"]) if any(_measure(e, n) for e in rows)][:PANELS]
    if not names:
        return None
    figure, axes = new_figure(
        2.6 + 3.5 * len(names), 1.7 + 0.42 * len(rows), columns=len(names), sharey=True, squeeze=False
    )
    for axis, name in zip(axes[0], names, strict=True):
        _panel(axis, name, rows)
    axes[0][0].set_yticks(range(len(rows)), labels(rows))
    axes[0][0].set_ylim(len(rows) - 0.4, -0.6)
    first = rows[0]
    note = f"{first['benchmark']} {first['version']}{' (synthetic texts)' if first['synthetic'] else ''}"
    n = sorted({entry["counts"]["scored"] for entry in rows})
    counted = f"n = {n[0]}" if len(n) == 1 else f"n = {n[0]} to {n[-1]}"
    figure.suptitle(
        f"{note}: dots are results, bars their 95 % intervals, {counted} {items_in_words(first['task'])}",
        x=0.01, ha="left", fontsize=10, color=GREY,
    )  # fmt: skip
    return png(figure)


def _panel(axis: Any, name: str, rows: Sequence[Entry]) -> None:
    values = [_measure(entry, name) for entry in rows]
    bounds = [bound for v in values if v for bound in (v["value"], v["low"], v["high"]) if bound is not None]
    low, high = min(bounds), max(bounds)
    room = (high - low) or abs(high) or 1.0
    for place, value in enumerate(values):
        if value is None:
            axis.text(low, place, "not measured", fontsize=9, color=GREY, va="center")
            continue
        if value["low"] is not None:
            axis.plot([value["low"], value["high"]], [place, place], color=BLUE, linewidth=2.2, solid_capstyle="butt")
        axis.plot(value["value"], place, "o", color=BLUE, markersize=6)
        shown = f"{value['value']:.1f}" if high > 2 else f"{value['value']:.3f}"
        axis.annotate(
            shown, (value["value"], place), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8.5
        )
    axis.set_xlim(low - 0.08 * room, high + 0.08 * room)
    axis.grid(axis="y", color="#E5E5E5", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.set_title(name, fontsize=10, fontweight="bold", loc="left")
    better = "" if name in LOWER_IS_BETTER else "; further right is better"
    axis.set_xlabel(_two_lines(f"{measure_in_words(name)}{better}"), fontsize=8.5)


def _two_lines(text: str, width: int = 46) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def _measure(entry: Entry, name: str) -> Mapping[str, Any] | None:
    measure: Mapping[str, Any] | None = entry["measures"].get(name)
    return None if measure is None or measure["value"] is None else measure


def _value(entry: Entry, name: str, default: float) -> float:
    measure = _measure(entry, name)
    return default if measure is None else float(measure["value"])
