"""Charts written as SVG in about a millisecond, with as much of matplotlib's ways as the figures of a run need.

Matplotlib itself, which takes a second to import and to lay out these figures, is used for pictures of other forms.
Places are in points, from the top left corner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

from wild_aieval.reports.lettering import LINE, lines_of, width
from wild_aieval.reports.scales import Scale, spread

_PAD, _TICK, _GAP = 4.0, 3.5, 14.0
_SMALL, _TEXT = 9.0, 10.0  # sizes of the names of ticks, and of what stands beside an axis
_BLUES = ("f7fbff", "deebf7", "c6dbef", "9ecae1", "6baed6", "4292c6", "2171b5", "08519c", "08306b")
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
Paint = Callable[["Frame"], str]


class Frame(NamedTuple):
    """Where a panel lies, and what is shown in it."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        """From the left edge of the page."""
        return self.left + self.width * (value - self.x[0]) / (self.x[1] - self.x[0])

    def down(self, value: float) -> float:
        """From its top."""
        return self.top + self.height * (1 - (value - self.y[0]) / (self.y[1] - self.y[0]))


class Bars(NamedTuple):
    """Where bars end."""

    ends: list[tuple[float, float]]


class Panel:
    """The axes of a chart; methods mean what they mean on matplotlib's."""

    def __init__(self) -> None:
        self.x, self.y = Scale(), Scale()
        self.named: dict[str, tuple[str, float]] = {}  # title, xlabel, ylabel: text and size
        self.shows = {"x": True, "y": True}  # whether ticks have names here
        self._painted: list[tuple[float, Paint]] = []
        self._grids: list[tuple[str, str, float]] = []
        self._labels: list[tuple[str, str, str]] = []
        self._legend = ""

    def plot(
        self, x: float | Sequence[float], y: float | Sequence[float], form: str = "-", *, color: str,
        linewidth: float = 1.5, markersize: float = 6.0, label: str = "", zorder: float = 2.0,
        markerfacecolor: str | None = None, solid_capstyle: str = "square",
    ) -> None:  # fmt: skip
        """A line (``-``, ``:``) through points, or a marker (``o``, ``s``) at each, or both."""
        xs, ys = spread(x), spread(y)
        self.x.values += xs
        self.y.values += ys
        marker = form.strip("-:")
        if marker != form:
            dash = f' stroke-dasharray="{linewidth:g},{1.65 * linewidth:g}"' if ":" in form else ""
            style = f'fill="none" stroke="{color}" stroke-width="{linewidth:g}"{dash}'
            cap = "" if solid_capstyle == "butt" or dash else ' stroke-linecap="square"'

            def line(frame: Frame) -> str:
                points = " ".join(f"{frame.across(a):.2f},{frame.down(b):.2f}" for a, b in zip(xs, ys, strict=True))
                return f'<polyline points="{points}" {style}{cap}/>'

            self._painted.append((zorder, line))
        if marker:
            fill = markerfacecolor or color
            self._painted.append((zorder, lambda frame: "".join(
                _mark(marker, frame.across(a), frame.down(b), markersize, fill, color)
                for a, b in zip(xs, ys, strict=True))))  # fmt: skip
        if label:
            self._labels.append((label, marker, color))

    def bar(self, x: Sequence[float], height: Sequence[float], width: float = 0.8, *, color: str) -> Bars:
        """Upright bars."""
        return self._bars(spread(x), spread(height), width, [color] * len(x), upright=True)

    def barh(
        self, y: Sequence[str] | Sequence[float], width: Sequence[float], height: float = 0.8, *, color: Sequence[str]
    ) -> Bars:
        """Bars from the left, at places or for names."""
        places = [float(place) for place in range(len(y))]
        self.y.ticks = (places, [str(name) for name in y])
        return self._bars(places, spread(width), height, list(color), upright=False)

    def _bars(self, places: list[float], sizes: list[float], thick: float, colours: list[str], upright: bool) -> Bars:
        along, across = (self.y, self.x) if upright else (self.x, self.y)
        along.values += sizes
        along.ends.append(0.0)
        across.values += [place + side * thick / 2 for place in places for side in (-1, 1)]
        for place, size, colour in zip(places, sizes, colours, strict=True):
            low, high = place - thick / 2, place + thick / 2
            box = (low, 0.0, high, size) if upright else (0.0, low, size, high)
            self._painted.append((1.0, lambda frame, box=box, colour=colour: _box(frame, box, colour)))  # type: ignore[misc]
        return Bars([(a, b) if upright else (b, a) for a, b in zip(places, sizes, strict=True)])

    def bar_label(self, bars: Bars, labels: Sequence[str], padding: float = 0.0, fontsize: float = _TEXT) -> None:
        """Text behind the end of each bar from the left."""
        for end, text in zip(bars.ends, labels, strict=True):
            self.annotate(text, end, xytext=(padding, 0), va="center", fontsize=fontsize)

    def fill_between(
        self, x: Sequence[float], low: Sequence[float], high: Sequence[float], *, color: str, alpha: float, **_: Any
    ) -> None:
        """A band."""
        xs, lows, highs = spread(x), spread(low), spread(high)
        self.x.values += xs
        self.y.values += [*lows, *highs]
        outline = [*zip(xs, highs, strict=True), *zip(xs[::-1], lows[::-1], strict=True)]

        def band(frame: Frame) -> str:
            points = " ".join(f"{frame.across(a):.2f},{frame.down(b):.2f}" for a, b in outline)
            return f'<polygon points="{points}" fill="{color}" fill-opacity="{alpha:g}"/>'

        self._painted.append((1.0, band))

    def pcolormesh(self, shares: Sequence[Sequence[float]], cmap: str, vmin: float, vmax: float) -> None:
        """Cells of 1 by 1, the darker the larger their value; ``cmap`` is Blues."""
        self.x.ends += [0.0, float(len(shares[0]))]
        self.y.ends += [0.0, float(len(shares))]
        for y, row in enumerate(shares):
            for x, share in enumerate(row):
                cell, colour = (x, y, x + 1, y + 1), _shade((share - vmin) / (vmax - vmin))
                self._painted.append((0.5, lambda frame, cell=cell, colour=colour: _box(frame, cell, colour)))  # type: ignore[misc]

    def axvline(self, x: float, *, color: str, linewidth: float, linestyle: Any, zorder: float) -> None:
        """An upright dashed line from edge to edge; ``linestyle``: (offset, lengths)."""
        dash = ",".join(f"{length * linewidth:g}" for length in linestyle[1])
        style = f'stroke="{color}" stroke-width="{linewidth:g}" stroke-dasharray="{dash}"'
        self.x.values.append(x)
        self._painted.append((zorder, lambda f: _line(f.across(x), f.top, f.across(x), f.top + f.height, style)))

    def grid(self, axis: str = "both", *, color: str, linewidth: float) -> None:
        """Lines at the ticks, below everything."""
        self._grids += [(name, color, linewidth) for name in ("x", "y") if axis in (name, "both")]

    def text(
        self, x: float, y: float, text: str, *, fontsize: float = _TEXT, color: str = "black", ha: str = "left",
        va: str = "baseline",
    ) -> None:  # fmt: skip
        """Text at a place."""
        self.annotate(text, (x, y), fontsize=fontsize, color=color, ha=ha, va=va)

    def annotate(
        self, text: str, xy: tuple[float, float], *, xytext: tuple[float, float] = (0.0, 0.0), xycoords: str = "data",
        textcoords: str = "", fontsize: float = _TEXT, color: str = "black", ha: str = "left", va: str = "baseline",
        bbox: Any = None, zorder: float = 3.0,
    ) -> None:  # fmt: skip
        """Text ``xytext`` points beside a place; ``bbox``: on a ground of white."""
        if xycoords == "data":
            self.x.values.append(xy[0])
            self.y.values.append(xy[1])

        def paint(frame: Frame) -> str:
            if xycoords == "data":
                x, y = frame.across(xy[0]), frame.down(xy[1])
            else:
                x, y = frame.left + frame.width * xy[0], frame.top + frame.height * (1 - xy[1])
            return written(text, x + xytext[0], y - xytext[1], fontsize, color, ha, va, ground=bbox is not None)

        self._painted.append((zorder, paint))

    def set(self, **parts: Any) -> None:
        """``xlim``, ``ylim``, ``xlabel``, ``ylabel``."""
        for name, value in parts.items():
            if name in ("xlabel", "ylabel"):
                self.named[name] = (str(value), _TEXT)
            else:
                (self.x if name == "xlim" else self.y).fixed = (float(value[0]), float(value[1]))

    def set_xlim(self, low: float, high: float) -> None:
        """From left to right."""
        self.set(xlim=(low, high))

    def set_ylim(self, low: float, high: float) -> None:
        """From bottom to top."""
        self.set(ylim=(low, high))

    def set_xlabel(self, text: str, fontsize: float = _TEXT) -> None:
        """Below the axis."""
        self.named["xlabel"] = (text, fontsize)

    def set_ylabel(self, text: str, fontsize: float = _TEXT) -> None:
        """Beside the axis."""
        self.named["ylabel"] = (text, fontsize)

    def set_title(self, text: str, *, loc: str, fontsize: float, fontweight: str) -> None:
        """Above the panel, bold, from its left edge."""
        self.named["title"] = (text, fontsize)

    def set_xticks(self, places: Sequence[float], names: Sequence[str]) -> None:
        """Where ticks stand, and their names."""
        self.x.ticks = (spread(list(places)), list(names))

    def set_yticks(self, places: Sequence[float], names: Sequence[str]) -> None:
        """Where ticks stand, and their names."""
        self.y.ticks = (spread(list(places)), list(names))

    def locator_params(self, axis: str, nbins: int) -> None:
        """At most so many steps between ticks."""
        (self.x if axis == "x" else self.y).bins = nbins

    def set_axisbelow(self, below: bool) -> None:
        """Grids always are."""

    def legend(self, *, loc: str, **_: Any) -> None:
        """What the labels of lines mean, in a corner such as ``lower left``."""
        self._legend = loc

    def paint(self, frame: Frame) -> list[str]:
        """Everything but what stands around it."""
        found = [self._grid(frame, *grid) for grid in self._grids]
        found += [paint(frame) for _, paint in sorted(self._painted, key=lambda entry: entry[0])]
        return [*found, *(self._keys(frame) if self._legend else [])]

    def _grid(self, frame: Frame, axis: str, color: str, linewidth: float) -> str:
        style, right, bottom = f'stroke="{color}" stroke-width="{linewidth:g}"', frame.left + frame.width, 0.0
        if axis == "y":
            places = [frame.down(place) for place in self.y.marks(frame.height, 2 * _SMALL)[0]]
            return "".join(_line(frame.left, place, right, place, style) for place in places)
        bottom = frame.top + frame.height
        places = [frame.across(place) for place in self.x.marks(frame.width, 3 * _SMALL)[0]]
        return "".join(_line(place, frame.top, place, bottom, style) for place in places)

    def _keys(self, frame: Frame) -> list[str]:
        side, high = self._legend.split()[1] == "left", self._legend.startswith("upper")
        wide = 26 + max(width(text, _SMALL) for text, _, _ in self._labels)
        left = frame.left + 8 if side else frame.left + frame.width - wide - 4
        tall = 13.0 * len(self._labels)
        top = frame.top + 4 if high else frame.top + frame.height - tall - 4
        found = []
        for place, (text, marker, colour) in enumerate(self._labels):
            middle = top + 13 * place + 6.5
            found.append(_mark(marker or "s", left + 8, middle, 7, colour, colour))
            found.append(written(text, left + 22, middle, _SMALL, va="center"))
        return found


def written(
    text: str, x: float, y: float, size: float, color: str = "black", ha: str = "left", va: str = "baseline",
    bold: bool = False, ground: bool = False, turned: bool = False,
) -> str:  # fmt: skip
    """Lines of text; ``y`` is that of the last line's foot (baseline), of the middle (center) or of the top."""
    lines = lines_of(text)
    tall = LINE * size * (len(lines) - 1)
    first = {"baseline": y - tall, "center": y - tall / 2 + 0.36 * size, "top": y + 0.93 * size}[va]
    style = f'font-size="{size:g}px" text-anchor="{_ANCHORS[ha]}"'
    style += (f' fill="{color}"' if color != "black" else "") + (' font-weight="bold"' if bold else "")
    turn = f' transform="rotate(-90 {x:.2f} {y:.2f})"' if turned else ""
    shown = [
        f'<text x="{x:.2f}" y="{first + LINE * size * place:.2f}" {style}{turn}>{escape(line)}</text>'
        for place, line in enumerate(lines)
        if line
    ]
    if ground:
        wide = width(text, size)
        left = x - wide * {"left": 0.0, "center": 0.5, "right": 1.0}[ha]
        box = (left - 0.4, first - 0.85 * size, wide + 0.8, tall + 1.1 * size)
        shown.insert(0, '<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="white"/>'.format(*box))
    return "".join(shown)


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" {style}/>'


def _box(frame: Frame, box: tuple[float, float, float, float], colour: str) -> str:
    xs, ys = sorted(map(frame.across, (box[0], box[2]))), sorted(map(frame.down, (box[1], box[3])))
    place = f'x="{xs[0]:.2f}" y="{ys[0]:.2f}" width="{xs[1] - xs[0]:.2f}" height="{ys[1] - ys[0]:.2f}"'
    return f'<rect {place} fill="{colour}" shape-rendering="crispEdges"/>'  # else seams show between cells


def _mark(marker: str, x: float, y: float, size: float, fill: str, edge: str) -> str:
    style = f'fill="{fill}" stroke="{edge}"'
    if marker == "o":
        return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{size / 2:g}" {style}/>'
    return f'<rect x="{x - size / 2:.2f}" y="{y - size / 2:.2f}" width="{size:g}" height="{size:g}" {style}/>'


def _shade(share: float) -> str:
    place = min(max(share, 0.0), 1.0) * (len(_BLUES) - 1)
    first = min(int(place), len(_BLUES) - 2)
    low, high = (bytes.fromhex(colour) for colour in _BLUES[first : first + 2])
    return "#" + bytes(round(a + (b - a) * (place - first)) for a, b in zip(low, high, strict=True)).hex()
