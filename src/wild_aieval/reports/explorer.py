"""The item explorer of a run's page: every item of an open benchmark, to be searched, filtered and sorted.

The items stand in a data block of the page; ``assets/explorer.js`` reads them. Nothing of a benchmark that
is not open gets there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from wild_aieval.metrics.headline import headline
from wild_aieval.reports.confusion import section_pair
from wild_aieval.reports.page import breakable, element, scrolling
from wild_aieval.reports.results import Result, Row, picked, some
from wild_aieval.reports.words import items_in_words, reason_in_words, reasons_in_words

MOST_ITEMS = 20_000
FLAGGED, ERROR, AUDIT, WRONG = 1, 2, 4, 8
_LONGEST, _SHORTEST, _BUDGET = 2_000, 300, 20_000_000
_WRONG = {
    "classification": "wrong first suggestion",
    "search": "nothing relevant near the top",
}
# What would end a script element, open a comment, or break a line in old parsers.
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def identifier(number: int) -> str:
    """The explorer's own name on the page."""
    return f"items-{number}"


def section(result: Result, number: int) -> list[str]:
    """Heading, controls, table and data; where no rows may be shown a line that says why there are none."""
    items = items_in_words(result.entry["task"])
    if not result.rules.rows:
        return [element("p", f"Single {items} are not shown: the benchmark is not open.", "soft")]
    if not result.items:
        return []
    data = content(result)
    return [_frame(result, identifier(number), data), _block(f"{identifier(number)}-data", data)]


def content(result: Result) -> dict[str, Any]:
    """``items``: id, state bits, numbers of reason codes, section pair, cells; ``codes``: the reason codes."""
    chosen = most_urgent(result.items, MOST_ITEMS)
    ids = {row["item_id"] for row in chosen}
    flags = picked(some(result.flags, "item_id", "reasons", "score"), ids)
    answers = picked(some(result.predictions, "item_id", "error", "output"), ids)
    codes = _codes(flags.values(), result.entry)
    paired = result.entry["task"] == "classification" and result.rules.texts
    longest = max(_SHORTEST, min(_LONGEST, _BUDGET // (3 * len(chosen)))) if chosen else _LONGEST
    name = headline(result.entry["task"], result.entry["measures"])[0]
    scored = any(row["score"] is not None for row in flags.values())
    rows = []
    for row in chosen:
        record, answer = flags.get(row["item_id"], {}), answers.get(row["item_id"], {})
        reasons = record.get("reasons") or []
        texts = (row.get("input"), row.get("expected"), _suggested(row, answer)) if result.rules.texts else ()
        cells = [*(_cut(text, longest) for text in texts), _number(row.get(name))]
        cells += [_number(record.get("score"))] if scored else []
        rows.append(
            [
                row["item_id"],
                _bits(row, result.entry["task"], name),
                sorted({codes.index(reason["code"]) for reason in reasons}),
                list((paired and answer and section_pair(row, answer)) or ("", "")),
                [*cells, reasons_in_words(reasons)],
            ]
        )
    texts_are = ("Input", "Expected", "Suggested by the software") if result.rules.texts else ()
    heads = ["Item", *texts_are, name, *(["Score"] * scored), "Why a human"]
    return {"heads": heads, "codes": codes, "items": rows, "left_out": len(result.items) - len(chosen)}


def most_urgent(items: Sequence[Row], most: int) -> Sequence[Row]:
    """All items, or so many of them, flagged ones and errors first."""
    if len(items) <= most:
        return items
    urgent: list[Row] = []
    others: list[Row] = []
    for row in items:
        chosen = urgent if row["flagged"] or row["status"] == "error" else others
        if len(chosen) < most:
            chosen.append(row)
    return [*urgent, *others][:most]


def _codes(flags: Iterable[Row], entry: Mapping[str, Any]) -> list[str]:
    found = {reason["code"] for row in flags for reason in row["reasons"] or ()}
    order = list(entry["flags"]["reasons"])
    return sorted(found, key=lambda code: (order.index(code) if code in order else len(order), code))


def _suggested(row: Row, answer: Row) -> str:
    return f"error: {answer.get('error') or ''}" if row["status"] == "error" else str(row.get("predicted") or "")


def _bits(row: Row, task: str, name: str) -> int:
    wrong = row["status"] == "error" or (task in _WRONG and row.get(name) == 0)
    states = ((row["flagged"], FLAGGED), (row["status"] == "error", ERROR), (row["audit"], AUDIT), (wrong, WRONG))
    return sum(bit for holds, bit in states if holds)


def _cut(text: object, longest: int) -> str:
    line = str(text or "").strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _number(value: Any) -> float | None:
    return round(float(value), 4) if value is not None and math.isfinite(value) else None


def _block(name: str, data: Mapping[str, Any]) -> str:
    """Data as JSON in a script element that no browser runs and no text in it can close."""
    shown = {key: data[key] for key in ("codes", "items")}
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_UNSAFE)
    return f'<script type="application/json" id="{name}">{text}</script>'


def _frame(result: Result, name: str, data: Mapping[str, Any]) -> str:
    """Controls and an empty table, hidden until the script has filled them."""
    caption = f"{items_in_words(result.entry['task'])} of {result.entry['benchmark']}".capitalize()
    heads = "".join(
        f'<th scope="col" aria-sort="none"><button type="button">{breakable(head)}</button></th>'
        for head in data["heads"]
    )
    grid = (
        f"<table><caption><span>{escape(caption)}; a column's head sorts by it</span></caption>"
        f"<thead><tr>{heads}</tr></thead><tbody></tbody></table>"
    )
    missing = [element("p", _left_out(data), "alarm")] if data["left_out"] else []
    return "\n".join(
        [
            f'<section class="explorer" id="{name}" aria-labelledby="{name}-title" hidden>',
            element("h3", "Item by item", id=f"{name}-title", tabindex="-1"),
            *missing,
            _controls(result, data),
            '<p class="status soft" role="status" aria-live="polite"></p>',
            scrolling(caption, grid),
            '<nav class="paging" aria-label="Pages of items"><button type="button">Previous</button><span></span>'
            '<button type="button">Next</button></nav>',
            "</section>",
        ]
    )


def _left_out(data: Mapping[str, Any]) -> str:
    return (
        f"This page holds {len(data['items'])} items and leaves {data['left_out']} out. Flagged items and errors come "
        "first; the rest follows in the benchmark's order. All of them are in items.parquet."
    )


def _controls(result: Result, data: Mapping[str, Any]) -> str:
    """Search box and filters; a filter that has nothing to choose from is left out."""
    states = [("flagged", "flagged"), ("error", "errors"), ("audit", "drawn for the audit")]
    if wrong := _WRONG.get(result.entry["task"]):
        states.insert(2, ("wrong", f"{wrong}, or an error"))
    reasons = [(code, reason_in_words(code)) for code in data["codes"]]
    pairs = [item[3] for item in data["items"]]
    sections = [sorted({pair[side] for pair in pairs if pair[side]}) for side in (0, 1)]
    parts = [
        '<div class="controls" role="search">',
        '<label class="wide">Search in ids and texts<input type="search" autocomplete="off" spellcheck="false">'
        "</label>",
        _select("state", "Show", "all items", states),
        _select("reason", "Reason", "any reason", reasons),
        _select("assigned", "Assigned section", "any", [(name, name) for name in sections[0]]),
        _select("suggested", "Suggested section", "any", [(name, name) for name in sections[1]]),
        '<button type="button" data-clear>Clear the filters</button>',
        "</div>",
    ]
    return "\n".join(part for part in parts if part)


def _select(name: str, label: str, everything: str, options: Iterable[tuple[str, str]]) -> str:
    lines = "".join(f'<option value="{escape(value)}">{escape(words)}</option>' for value, words in options)
    if not lines:
        return ""
    return (
        f'<label>{escape(label)}<select data-filter="{name}"><option value="">{escape(everything)}</option>'
        f"{lines}</select></label>"
    )
