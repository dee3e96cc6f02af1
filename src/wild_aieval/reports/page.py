"""Building blocks of the HTML pages: frame, tables, pictures. Every text passes through ``html.escape``."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #5b6470; --line: #d9dee5; --blue: #0072b2; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: var(--ink); max-width: 68rem;
  margin: 0 auto; padding: 1.5rem 1.25rem 4rem; background: #fff; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; } h2 { font-size: 1.3rem; margin: 2.75rem 0 .5rem; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .4rem; }
p, li { max-width: 48rem; } .soft, figcaption, caption { color: var(--soft); font-size: .9rem; }
.note { border-left: 4px solid var(--blue); background: #f1f7fb; padding: .6rem 1rem; }
.alarm { border-left: 4px solid #d55e00; background: #fdf1ea; padding: .6rem 1rem; }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
.card { border: 1px solid var(--line); border-radius: 6px; padding: .6rem 1rem; min-width: 11rem; flex: 1; }
.card b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
th { border-bottom: 2px solid var(--soft); background: #fff; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; } a { color: var(--blue); }
td.code, code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .82rem; overflow-wrap: anywhere; }
td.text { overflow-wrap: anywhere; min-width: 11rem; }
figure { margin: 1rem 0; } figure img { max-width: 100%; height: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; font-size: .92rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; } summary { cursor: pointer; color: var(--blue); }
@media print { .scroll { overflow: visible; } figure, tr { break-inside: avoid; } }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Cell(str):
    """A table cell's text with the class that shows it; the text is still plain and gets escaped."""

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, text: object, kind: str) -> Cell:
        """``kind`` is number, code or text."""
        cell = super().__new__(cls, text)
        cell.kind = kind
        return cell


class Link(str):
    """A table cell that leads to another page; without an address it is plain text."""

    __slots__ = ("address",)
    address: str

    def __new__(cls, text: object, address: str) -> Link:
        """``address`` is relative to the page."""
        link = super().__new__(cls, text)
        link.address = address
        return link


def frame(title: str, parts: Iterable[str]) -> str:
    """The whole page."""
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def element(tag: str, text: object, kind: str = "") -> str:
    """One element with plain text in it."""
    return f"<{tag}{_class(kind)}>{escape(str(text))}</{tag}>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells are plain text, a ``Cell`` where the look differs."""
    head = "".join(f'<th scope="col"{_kind(name)}>{escape(name)}</th>' for name in heads)
    lines = ["".join(_cell(cell) for cell in row) for row in rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


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


def picture(image: bytes, caption: str) -> str:
    """A PNG inside the page."""
    data = base64.b64encode(image).decode("ascii")
    words = escape(caption)
    return f'<figure><img src="data:image/png;base64,{data}" alt="{words}"><figcaption>{words}</figcaption></figure>'


def folded(summary: str, content: str) -> str:
    """Content that opens with a click; no script needed."""
    return f"<details><summary>{escape(summary)}</summary>\n{content}\n</details>"


def cut(text: object, length: int = 400) -> str:
    """A text at a length that can be read in a table, on one line."""
    line = " ".join(str(text if text is not None else "").split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _cell(cell: object) -> str:
    if isinstance(cell, Link) and cell.address:
        return f'<td><a href="{escape(cell.address)}">{escape(cell)}</a></td>'
    return f"<td{_kind(cell)}>{escape(str(cell))}</td>"


def _kind(cell: object) -> str:
    return _class(cell.kind) if isinstance(cell, Cell) else ""


def _class(kind: str) -> str:
    return f' class="{escape(kind)}"' if kind else ""
