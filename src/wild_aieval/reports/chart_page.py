"""A figure of one or several charts as SVG: room for titles and names, the frames, what stands around them."""

from __future__ import annotations

from collections.abc import Sequence

from wild_aieval.reports.charts import _GAP, _PAD, _SMALL, _TICK, Frame, Panel, written
from wild_aieval.reports.lettering import height, width

_POINTS = 72.0  # of an inch
_AXIS = 'stroke="black" stroke-width="0.8"'


class ChartPage:
    """Panels in rows and columns; ``width`` and ``height`` in inches. Shared ticks have their names once."""

    def __init__(
        self, width: float, height: float, columns: int, rows: int, *, sharex: bool = False, sharey: bool = False,
        height_ratios: Sequence[float] = (),
    ) -> None:  # fmt: skip
        self._size = (width * _POINTS, height * _POINTS)
        self._heights = list(height_ratios) or [1.0] * rows
        self.panels = [[Panel() for _ in range(columns)] for _ in range(rows)]
        for number, row in enumerate(self.panels):
            for place, panel in enumerate(row):
                panel.shows["x"] = not sharex or number == rows - 1
                panel.shows["y"] = not sharey or place == 0
                panel.x = self.panels[0][place].x if sharex else panel.x
                panel.y = row[0].y if sharey else panel.y
        self._heading: tuple[str, float, str] | None = None

    def suptitle(self, text: str, *, fontsize: float, color: str, x: float, ha: str) -> None:
        """Above all panels, from the left edge."""
        self._heading = (text, fontsize, color)

    def svg(self) -> str:
        """The drawing, without a name space: it stands inside a page."""
        wide, tall = self._size
        shown = []
        top = _PAD
        if self._heading:
            text, size, colour = self._heading
            shown.append(written(text, 0.01 * wide, top, size, colour, va="top"))
            top += height(text, size) + _PAD
        for row, frames in zip(self.panels, self._frames(top), strict=True):
            for panel, frame in zip(row, frames, strict=True):
                shown += [*panel.paint(frame), *_around(panel, frame)]
        head = f'<svg height="{tall:g}pt" version="1.1" viewBox="0 0 {wide:g} {tall:g}" width="{wide:g}pt">'
        return f"{head}{''.join(shown)}</svg>\n"

    def _frames(self, top: float) -> list[list[Frame]]:
        wide, tall = self._size
        columns = list(zip(*self.panels, strict=True))
        lefts = [max(map(_left, column)) for column in columns]
        above, below = [max(map(_above, row)) for row in self.panels], [max(map(_below, row)) for row in self.panels]
        right = max(_right(row[-1]) for row in self.panels)
        room = tall - top - _PAD - sum(above) - sum(below) - _GAP / 2 * (len(above) - 1)
        each = (wide - 2 * _PAD - right - sum(lefts) - _GAP * (len(columns) - 1)) / len(columns)
        found = []
        for number, row in enumerate(self.panels):
            frames, left = [], _PAD
            part = room * self._heights[number] / sum(self._heights)
            top += above[number]
            for panel, before in zip(row, lefts, strict=True):
                left += before
                frames.append(Frame(left, top, each, part, panel.x.limits(), panel.y.limits()))
                left += each + _GAP
            top += part + below[number] + _GAP / 2
            found.append(frames)
        return found


def _left(panel: Panel) -> float:
    names = panel.y.marks(200, 2 * _SMALL)[1] if panel.shows["y"] else []
    label = panel.named.get("ylabel", ("", 0.0))
    beside = height(*label) + _PAD if label[0] else 0.0
    return _TICK * 2 + max((width(name, _SMALL) for name in names), default=0.0) + beside


def _above(panel: Panel) -> float:
    title = panel.named.get("title", ("", 0.0))
    return height(*title) + 6 if title[0] else _SMALL / 2


def _below(panel: Panel) -> float:
    names = panel.x.marks(200, 3 * _SMALL)[1] if panel.shows["x"] else []
    label = panel.named.get("xlabel", ("", 0.0))
    under = height(*label) + _PAD if label[0] else 0.0
    return _TICK + (_TICK + max(height(name, _SMALL) for name in names) if names else 0.0) + under


def _right(panel: Panel) -> float:
    names = panel.x.marks(200, 3 * _SMALL)[1] if panel.shows["x"] else []
    return width(names[-1], _SMALL) / 2 if names and panel.x.ticks is None else _PAD


def _around(panel: Panel, frame: Frame) -> list[str]:
    """The two axes with ticks and their names, labels and the title."""
    bottom, right = frame.top + frame.height, frame.left + frame.width
    axes = f"M{frame.left:.2f} {frame.top:.2f}V{bottom:.2f}H{right:.2f}"
    found, deepest, longest = [], 0.0, 0.0
    for place, name in _shown(panel.x.marks(frame.width, 3 * _SMALL), frame.x):
        axes += f"M{frame.across(place):.2f} {bottom:.2f}v{_TICK}"
        if panel.shows["x"]:
            found.append(written(name, frame.across(place), bottom + 2 * _TICK, _SMALL, ha="center", va="top"))
            deepest = max(deepest, height(name, _SMALL) + _TICK)
    for place, name in _shown(panel.y.marks(frame.height, 2 * _SMALL), frame.y):
        axes += f"M{frame.left:.2f} {frame.down(place):.2f}h-{_TICK}"
        if panel.shows["y"]:
            found.append(written(name, frame.left - 2 * _TICK, frame.down(place), _SMALL, ha="right", va="center"))
            longest = max(longest, width(name, _SMALL) + _TICK)
    found.append(f'<path d="{axes}" fill="none" {_AXIS}/>')
    if text := panel.named.get("xlabel"):
        centre = frame.left + frame.width / 2
        found.append(written(text[0], centre, bottom + _TICK + deepest + _PAD, text[1], ha="center", va="top"))
    if text := panel.named.get("ylabel"):
        x, y = frame.left - _TICK - longest - _PAD, frame.top + frame.height / 2
        found.append(written(text[0], x, y, text[1], ha="center", turned=True))
    if text := panel.named.get("title"):
        found.append(written(text[0], frame.left, frame.top - 6, text[1], bold=True))
    return found


def _shown(marks: tuple[list[float], list[str]], limits: tuple[float, float]) -> list[tuple[float, str]]:
    low, high = sorted(limits)
    room = 1e-9 * (high - low)
    return [(place, name) for place, name in zip(*marks, strict=True) if low - room <= place <= high + room]
