"""Building blocks of the HTML pages: frame, tables, drawings. Every text passes through ``html.escape``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from wild_aieval.reports.assets import asset, script_source
from wild_aieval.reports.drawing import inline
from wild_aieval.visible import on_page

REPORT, SWEEP = "report.html", "sweep.html"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Cell(str):
    """A table cell's text with the class that shows it; the text is still plain and gets escaped."""

    __slots__ = ("kind", "language")
    kind: str
    language: str

    def __new__(cls, text: object, kind: str, language: str = "") -> Cell:
        """``kind`` is number, code or text; ``language`` where it is known and not that of the page."""
        cell = super().__new__(cls, text)
        cell.kind, cell.language = kind, language
        return cell


class Link(str):
    """A table cell that leads elsewhere; without an address it is plain text."""

    __slots__ = ("address", "data", "kind")
    address: str
    data: Mapping[str, str]
    kind: str

    def __new__(cls, text: object, address: str, kind: str = "", data: Mapping[str, str] | None = None) -> Link:
        """``address`` is relative to the page; ``data`` are data attributes for the page's script."""
        link = super().__new__(cls, text)
        link.address, link.kind, link.data = address, kind, data or {}
        return link

    def html(self, label: str = "") -> str:
        """The anchor; ``label`` says to a screen reader what the text alone does not."""
        if not self.address:
            return escape(self)
        pairs = {"href": self.address, **{f"data-{name}": value for name, value in self.data.items()}}
        pairs |= {"aria-label": label} if label else {}
        return f"<a{attributes(pairs)}>{escape(self)}</a>"


def frame(title: str, parts: Iterable[str], script: str = "") -> str:
    """The whole page; ``script`` is the one script that it may run, a constant of this package."""
    body, title = on_page("\n".join(parts)), on_page(title)
    policy = f"{_POLICY}; script-src {script_source(script)}" if script else _POLICY
    run = f"<script>{script}</script>\n" if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(title)}</title>\n<style>\n{asset('page.css')}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#content">Skip to the content</a>\n'
        f'<main id="content" tabindex="-1">\n{body}\n</main>\n{run}</body>\n</html>\n'
    )


def attributes(pairs: Mapping[str, object]) -> str:
    """Attributes of an element, values escaped."""
    return "".join(f' {name}="{escape(str(value))}"' for name, value in pairs.items())


def element(tag: str, text: object, kind: str = "", **more: str) -> str:
    """One element with plain text in it."""
    return f"<{tag}{_class(kind)}{attributes(more)}>{escape(str(text))}</{tag}>"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose first cells are the heads of its rows; cells are plain text, a ``Cell`` where the look differs."""
    head = "".join(f'<th scope="col"{_kind(name)}>{breakable(name)}</th>' for name in heads)
    lines = ["".join(_cell(cell, number == 0) for number, cell in enumerate(row)) for row in rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return scrolling(
        caption,
        f"<table>\n<caption><span>{escape(caption)}</span></caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody></table>",
    )


def breakable(name: str) -> str:
    """A column's head; the name of a measure or a benchmark may break between its parts, a version not."""
    return re.sub(r"([./])(?=[A-Za-z])", r"\1<wbr>", escape(name))


def scrolling(label: str, content: str) -> str:
    """What may be wider than the window: it scrolls in its own frame, by keyboard too."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">{content}</div>'


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """A list of names and values; empty values are left out."""
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in pairs if value not in ("", None)
    )
    return f"<dl>{lines}</dl>"


def cards(entries: Iterable[tuple[str, str, str]]) -> str:
    """Large figures: name, figure, small print."""
    shown = "".join(
        f'<div class="card"><span class="soft">{escape(name)}</span><b>{escape(value)}</b>'
        f'<span class="soft">{escape(small)}</span></div>'
        for name, value, small in entries
    )
    return f'<div class="cards">{shown}</div>'


def drawing(svg: bytes, name: str, caption: str) -> str:
    """A figure inside the page; ``name`` is its own on the page."""
    return (
        f"<figure>{scrolling(caption, inline(svg, name, caption))}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def folded(summary: str, content: str) -> str:
    """Content that opens with a click; no script needed."""
    return f"<details><summary>{escape(summary)}</summary>\n{content}\n</details>"


def cut(text: object, length: int = 400) -> str:
    """A text at a length that can be read in a table, on one line."""
    line = " ".join(str(text if text is not None else "").split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _cell(cell: object, is_head: bool) -> str:
    tag, scope = ("th", ' scope="row"') if is_head else ("td", "")
    content = cell.html() if isinstance(cell, Link) else escape(str(cell))
    return f"<{tag}{scope}{_kind(cell)}>{content}</{tag}>"


def _kind(cell: object) -> str:
    if not isinstance(cell, Cell | Link):
        return ""
    # texts of items may run from right to left
    language = {"lang": cell.language} if isinstance(cell, Cell) and cell.language else {}
    return _class(cell.kind) + (' dir="auto"' if cell.kind == "text" else "") + attributes(language)


def _class(kind: str) -> str:
    return f' class="{escape(kind)}"' if kind else ""
