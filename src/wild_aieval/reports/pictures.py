"""How every figure looks: size, colours for all eyes, plain axes; PNG or SVG out."""

from __future__ import annotations

import io
import warnings
from typing import Any, Literal

from wild_aieval.reports.chart_page import ChartPage
from wild_aieval.reports.drawing import cleaned

Form = Literal["png", "svg"]

# Okabe and Ito's colours, which stay apart for colour-blind readers and in grey print.
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#6B6B6B"
KIND_COLOURS = {"hard": RED, "soft": ORANGE, "audit": BLUE}
DOTS_PER_INCH = 110
LONGEST_NAME, LONGEST_NOTE = 44, 400
# Text stays text, and the same figure is the same bytes.
_SVG = {"svg.fonttype": "none", "svg.hashsalt": "wild_aieval", "svg.image_inline": True}
_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def new_figure(
    width: float, height: float, columns: int = 1, rows: int = 1, form: Form = "png", **layout: Any
) -> tuple[Any, Any]:
    """A figure with its axes; made without pyplot, so that nothing global is kept.

    As SVG, figures of a run are drawn by our own charts, which know a few of matplotlib's ways.
    """
    if form == "svg":
        return _chart_page(width, height, columns, rows, **layout)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, **layout)
    for axis in axes.flat if hasattr(axes, "flat") else [axes]:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9)
    return figure, axes


def _chart_page(
    width: float, height: float, columns: int, rows: int, squeeze: bool = True, **layout: Any
) -> tuple[Any, Any]:
    page = ChartPage(width, height, columns, rows, **layout)
    if not squeeze or (columns > 1 and rows > 1):
        return page, page.panels
    panels = [panel for row in page.panels for panel in row]
    return page, panels if len(panels) > 1 else panels[0]


def plain(text: object, longest: int = LONGEST_NAME) -> str:
    """A name from outside on one line, at a bearable length, and never read as a formula."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    line = line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
    return line.replace("$", r"\$")


def wrapped(text: str, width: int) -> str:
    """The same on lines of at most this width."""
    import textwrap

    return "\n".join(plain(line, width) for line in textwrap.wrap(text[:LONGEST_NOTE], width))


def title(axis: Any, text: str, note: str) -> None:
    """A bold statement of what is shown and, below, the facts that a reader needs."""
    axis.set_title(text + "\n" * (1 + note.count("\n")), loc="left", fontsize=11, fontweight="bold")
    place = {"xytext": (0, 4), "xycoords": "axes fraction", "textcoords": "offset points"}
    axis.annotate(note, (0, 1), fontsize=9, color=GREY, **place)


def rendered(figure: Any, form: Form) -> bytes:
    """The figure as PNG, or as SVG to be put inside a page."""
    if isinstance(figure, ChartPage):
        return figure.svg().encode("utf-8")
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context(_SVG):
        # a script that the built-in font does not have; the browser has its own
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        if form == "png":
            stream = io.BytesIO()
            figure.savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
            return stream.getvalue()
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata=_METADATA)
        return cleaned(text.getvalue()).encode("utf-8")
