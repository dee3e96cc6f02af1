"""Figures of a comparison: systems, differences between pairs, quality against cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.metrics.headline import LOWER_IS_BETTER
from wild_aieval.reports.forest import Measure, Panel, draw, panel_of, places_of
from wild_aieval.reports.pictures import BLUE, GREY, Form, new_figure, plain, rendered, title, wrapped
from wild_aieval.reports.words import items_in_words, measure_in_words

Group = Mapping[str, Any]
MOST_PAIRS = 45
# Where a label may stand around its point: offset in points, side that touches it.
_PLACES = (
    ((9, 0), "left", "center"), ((-9, 0), "right", "center"), ((0, 9), "center", "bottom"),
    ((0, -9), "center", "top"), ((9, 12), "left", "bottom"), ((9, -12), "left", "top"),
    ((-9, 12), "right", "bottom"), ((-9, -12), "right", "top"), ((9, 26), "left", "bottom"), ((9, -26), "left", "top"),
)  # fmt: skip


def measured(group: Group, system: Mapping[str, Any]) -> Measure:
    """Value and interval of the measure that is compared by.

    The interval belongs to all items of the run; on a part of them the value is another and has none.
    """
    own: Measure = system["measures"].get(group["measure"]) or {"value": None, "low": None, "high": None}
    if own["value"] is not None and abs(own["value"] - system["value"]) <= 1e-9 * max(1.0, abs(system["value"])):
        return own
    return {"value": system["value"], "low": None, "high": None}


def systems(group: Group, form: Form = "svg") -> bytes:
    """Forest plot of the systems, best on top, with the letters of their tie groups."""
    rows = [f"{system['name']}  ({system['tie_group']})" for system in group["systems"]]
    values = [measured(group, system) for system in group["systems"]]
    return draw(rows, [panel_of(group["measure"], values)], _note(group), form)


def pairs(group: Group, rows: Sequence[Any], form: Form = "svg") -> bytes | None:
    """Forest plot of the differences; coloured and filled where the two are told apart."""
    shown = rows[:MOST_PAIRS]
    if not shown:
        return None
    values: list[Measure | None] = [{"value": row.effect, "low": row.low, "high": row.high} for row in shown]
    side = "left" if group["measure"] in LOWER_IS_BETTER else "right"
    words = f"difference in {group['measure']}, the first minus the second; {side} of 0 the first is better"
    panel = Panel("Difference", words, values, places_of(group["measure"]), 0.0, signed=True)
    names = [f"{plain(row.first, 22)} – {plain(row.second, 22)}" for row in shown]
    return draw(names, [panel], _note(group), form, [row.told_apart for row in shown])


def cost(group: Group, form: Form = "svg") -> bytes | None:
    """Value against seconds per item asked, on a logarithmic scale; needs two systems with a known time."""
    points = [
        (seconds, measured(group, system), plain(system["name"], 30))
        for system in group["systems"]
        if (seconds := seconds_per_item(system)) > 0
    ]
    if len(points) < 2:
        return None
    from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullLocator

    figure, axis = new_figure(6.2, 4.2)
    for seconds, value, _ in points:
        if value["low"] is not None and value["high"] is not None:
            axis.plot([seconds, seconds], [value["low"], value["high"]], color=BLUE, linewidth=1.8)
        axis.plot(seconds, value["value"], "o", color=BLUE, markersize=7)
    axis.set_xscale("log")
    times = max(seconds for seconds, _, _ in points) / min(seconds for seconds, _, _ in points)
    few = MaxNLocator(4) if times < 5 else LogLocator(subs=(1, 2, 5)) if times < 50 else LogLocator(numticks=9)
    axis.xaxis.set_major_locator(few)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(EngFormatter(unit="s"))
    axis.margins(x=0.22, y=0.14)
    axis.grid(color="#E5E5E5", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.set_xlabel("time per item asked (logarithmic); further left is faster", fontsize=9)
    side = "lower" if group["lower_is_better"] else "higher"
    axis.set_ylabel(wrapped(measure_in_words(group["measure"]) or group["measure"], 34), fontsize=9)
    title(axis, "Quality against cost", f"{side} is better; 95 % intervals; time depends on the machine")
    _label(figure, axis, points)
    return rendered(figure, form)


def seconds_per_item(system: Mapping[str, Any]) -> float:
    """0 where nothing was asked."""
    asked = system["counts"]["asked"]
    return float(system["seconds"]) / asked if asked else 0.0


def _label(figure: Any, axis: Any, points: Sequence[tuple[float, Measure, str]]) -> None:
    """Each name at the first place where it meets no other name and no point."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    taken = [_spot(axis, seconds, value) for seconds, value, _ in points]
    frame = axis.get_window_extent()
    for seconds, value, name in points:
        for offset, across, along in _PLACES:
            where = {"xytext": offset, "textcoords": "offset points", "ha": across, "va": along}
            text = axis.annotate(name, (seconds, value["value"]), fontsize=9, color="black", **where)
            box = text.get_window_extent(figure.canvas.get_renderer())
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            if inside and not any(box.overlaps(other) for other in taken):
                break
            text.remove()
        else:
            text = axis.annotate(name, (seconds, value["value"]), (9, 0), textcoords="offset points", color=GREY)
            box = text.get_window_extent(figure.canvas.get_renderer())
        taken.append(box)


def _spot(axis: Any, seconds: float, value: Measure) -> Any:
    """What a point and its interval cover."""
    from matplotlib.transforms import Bbox

    bounds = [value[key] if value[key] is not None else value["value"] for key in ("low", "high")]
    (x, low), (_, high) = axis.transData.transform([(seconds, bounds[0]), (seconds, bounds[1])])
    (_, centre) = axis.transData.transform((seconds, value["value"]))
    return Bbox([[x - 5, min(low, centre - 6)], [x + 5, max(high, centre + 6)]])


def _note(group: Group) -> str:
    synthetic = " (synthetic texts)" if group["synthetic"] else ""
    items = items_in_words(group["task"])
    return f"{group['benchmark']} {group['version']}{synthetic}: 95 % intervals, n = {group['items']} {items}"
