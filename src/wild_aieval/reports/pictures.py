"""How every figure looks: size, colours for all eyes, plain axes, PNG bytes out."""

from __future__ import annotations

import io
from typing import Any

# Okabe and Ito's colours, which stay apart for colour-blind readers and in grey print.
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#6B6B6B"
KIND_COLOURS = {"hard": RED, "soft": ORANGE, "audit": BLUE}
DOTS_PER_INCH = 110


def new_figure(width: float, height: float, columns: int = 1, rows: int = 1, **layout: Any) -> tuple[Any, Any]:
    """A figure with its axes; made without pyplot, so that nothing global is kept."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, **layout)
    for axis in axes.flat if hasattr(axes, "flat") else [axes]:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9)
    return figure, axes


def title(axis: Any, text: str, note: str) -> None:
    """A bold statement of what is shown and, below, the facts that a reader needs."""
    axis.set_title(text + "\n" * (1 + note.count("\n")), loc="left", fontsize=11, fontweight="bold")
    place = {"xytext": (0, 4), "xycoords": "axes fraction", "textcoords": "offset points"}
    axis.annotate(note, (0, 1), fontsize=9, color=GREY, **place)


def png(figure: Any) -> bytes:
    """The figure as PNG."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return stream.getvalue()
