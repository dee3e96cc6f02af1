"""Our own charts show values where they are, leave room for words and say what matplotlib's say."""

from __future__ import annotations

import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from wild_aieval.reports import lettering
from wild_aieval.reports.chart_page import ChartPage
from wild_aieval.reports.drawing import alone
from wild_aieval.reports.figures import figures_of
from wild_aieval.reports.pictures import new_figure, rendered, title
from wild_aieval.reports.results import read_results
from wild_aieval.reports.scales import Scale


def drawn(page: ChartPage) -> ElementTree.Element:
    return ElementTree.fromstring(page.svg())


def texts(root: ElementTree.Element) -> dict[str, tuple[float, float]]:
    return {str(e.text): (float(e.attrib["x"]), float(e.attrib["y"])) for e in root.iter("text")}


def test_points_lie_between_the_ticks_of_their_values() -> None:
    page, axis = new_figure(6, 4, form="svg")
    axis.plot([0.25, 0.75], [10, 40], "o", color="red")
    axis.set(xlim=(0, 1), ylim=(0, 50), xlabel="share", ylabel="number\nof items")
    root = drawn(page)
    names = texts(root)
    circles = [(float(e.attrib["cx"]), float(e.attrib["cy"])) for e in root.iter("circle")]
    low, high = names["0.0"][0], names["1.0"][0]
    assert [x for x, _ in circles] == pytest.approx([low + 0.25 * (high - low), low + 0.75 * (high - low)], abs=0.02)
    bottom, top = names["0"][1], names["50"][1]
    assert [y for _, y in circles] == pytest.approx(
        [bottom + 0.2 * (top - bottom) - 3.24, bottom + 0.8 * (top - bottom) - 3.24], abs=0.02
    )
    assert bottom > top and {"share", "number", "of items"} <= set(names)


def test_a_scale_that_runs_backwards_and_bars() -> None:
    page, axis = new_figure(6, 3, form="svg")
    bars = axis.barh(["first", "second"], [4, 8], color=["red", "blue"])
    axis.bar_label(bars, ["four", "eight"], padding=3)
    axis.set_ylim(1.6, -0.6)
    root = drawn(page)
    names = texts(root)
    assert names["first"][1] < names["second"][1] and names["four"][0] < names["eight"][0]
    widths = {e.attrib["fill"]: float(e.attrib["width"]) for e in root.iter("rect")}
    assert widths["blue"] == pytest.approx(2 * widths["red"], abs=0.02)


def test_everything_lies_on_the_page() -> None:
    page, axes = new_figure(6, 5, rows=2, form="svg", sharex=True, height_ratios=[3, 1])
    for axis in axes:
        axis.plot([0, 3], [0, 1234567], color="red")
        axis.set_ylabel("a long name\nof two lines")
    axes[1].set_xlabel("below")
    title(axes[0], "Title", "note\nof two lines")
    names = texts(drawn(page))
    assert all(0 < x < 6 * 72 and 0 < y < 5 * 72 for x, y in names.values())
    assert names["Title"][1] < names["note"][1] < names["of two lines"][1]
    wide = max(lettering.width(name, 9) for name in names if name.isdigit())
    assert min(x for name, (x, _) in names.items() if name.isdigit() and len(name) > 4) - wide > 0


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 1, 6, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-0.31, 0.12, 5, ["−0.3", "−0.2", "−0.1", "0.0", "0.1"]),
        (0, 300, 7, ["0", "50", "100", "150", "200", "250", "300"]),
        (0.0021, 0.0049, 4, ["0.003", "0.004"]),
        (0, 1, 4, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, most: int, expected: list[str]) -> None:
    assert Scale(fixed=(low, high), bins=most).marks(100, 10)[1] == expected


def test_limits_leave_room_but_not_below_bars() -> None:
    assert Scale([0.0, 10.0]).limits() == (-0.5, 10.5)
    assert Scale([4.0, 10.0], [0.0]).limits() == (0.0, 10.5)
    low, high = Scale([2.0, math.nan]).limits()
    assert low < 2 < high
    assert Scale().limits() == (-0.05, 1.05)


@pytest.mark.parametrize("task", ["classification", "search", "translation"])
def test_figures_of_a_run_are_whole_drawings(make: Any, slices: Any, task: str) -> None:
    more = {"slices": slices} if task == "classification" else {}
    made = figures_of(read_results(make(task, **more))[0])
    assert made
    for name, svg in made.items():
        root = ElementTree.fromstring(alone(svg))
        assert root.tag == "{http://www.w3.org/2000/svg}svg", name
        assert not re.search(rb"nan|inf|None", re.sub(rb">[^<]*<", b"><", svg)), name


def test_words_from_outside_stay_words() -> None:
    page, axis = new_figure(6, 3, form="svg")
    axis.text(0, 0, '<script>"&\x00\u202e\\$x', color="red")
    content = rendered(page, "svg").decode()
    assert "<script" not in content and "&lt;script&gt;&quot;&amp;$x</text>" in content
