"""``certificates.html``: every certificate with its sentence, its check, and what it rests on, on one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import page, risk_figures
from wild_aieval.reports.page import Cell, drawing, element, facts, folded, table
from wild_aieval.reports.words import SUGGESTIONS

Entry = Mapping[str, Any]
HOW = (
    "A certificate bounds the share of wrong suggestions among the items that the policy does not flag for priority "
    "review. It says nothing of any single item. It holds for data drawn as the calibration items were, and for "
    "nothing else: another office, language, year, edition or candidate needs its own. Whatever is not "
    "covered is flagged."
)


def write(content: Entry, file: Path) -> Path:
    """Write the page beside the file of certificates; returns its path."""
    parts = [element("h1", f"Certificates of {content['run']}"), element("p", SUGGESTIONS, "note"), element("p", HOW)]
    for number, evidence in enumerate(content["evidence"]):
        own = [e for e in content["certificates"] if e["population"]["benchmark"] == evidence["benchmark"]]
        parts += _benchmark(evidence, own, f"b{number}")
    text = page.frame(f"Certificates of {content['run']}", parts)
    return RunFolder(file.parent).write_text(file.with_suffix(".html").name, text)


def _benchmark(evidence: Entry, entries: Sequence[Entry], prefix: str) -> list[str]:
    parts = [element("h2", f"{evidence['model']} on {evidence['benchmark']}", id=prefix)]
    for number, entry in enumerate(entries):
        parts += _certificate(entry, f"{prefix}-c{number}")
    if entries and (svg := risk_figures.risk_coverage(evidence, entries, "svg")):
        parts += [element("h3", "Errors and coverage"), drawing(svg, f"{prefix}-risk", _RISK), *_areas(evidence)]
    if entries and (svg := risk_figures.labels_needed(evidence, entries, "svg")):
        parts.append(drawing(svg, f"{prefix}-labels", _LABELS))
    return [*parts, *_transfer(evidence, prefix)]


def _certificate(entry: Entry, name: str) -> list[str]:
    group = entry["group"]
    heading = f"{risk_figures.KINDS[group['by']].capitalize()} {group['value']}" if group else "All items"
    parts = [element("h3", f"{heading}: {'certified' if entry['certified'] else 'not certified'}", id=name)]
    parts.append(element("p", entry["statement"], "note" if entry["certified"] else "alarm"))
    parts += [element("p", entry[key]) for key in ("check", "average_statement", "floor_statement") if entry.get(key)]
    parts.append(facts(_facts(entry)))
    for figure, caption in ((risk_figures.ladder, _LADDER), (risk_figures.depth, _DEPTH)):
        if svg := figure(entry, "svg"):
            parts.append(drawing(svg, f"{name}-steps", caption))
    return [*parts, *_steps(entry)]


def _facts(entry: Entry) -> Iterator[tuple[str, object]]:
    yield "Certificate", entry["id"]
    yield "Candidate", f"{entry['candidate']['name']} ({entry['candidate']['digest'][:12]})"
    yield "Wrong means", entry["error_words"]
    yield "Method", f"{entry['method'].replace('_', ' ')}, {entry['test_of_a_step']} test"
    yield "Parts", ", ".join(f"{part} {n}" for part, n in entry["splits"]["n"].items())
    yield "One item for each", entry["unit"]
    yield "Flagged by hard reasons", f"{entry['flagged_by_hard_reasons']} of the calibration items"
    yield "Origin of labels", "ASSUMED human" if entry["population"]["labels"] == "assumed" else ""
    yield "Issued", entry["issued"]
    yield "Not valid from", entry["valid_until"]


def _steps(entry: Entry) -> list[str]:
    steps = entry.get("ladder") or []
    if not steps:
        return []
    heads: tuple[str, ...]
    rows: list[tuple[object, ...]]
    if entry["kind"] == "depth":
        heads = ("Depth", Cell("Unread on average", "number"), Cell("p-value", "number"), "Result")
        rows = [(s["depth"], Cell(f"{s['mean_loss']:.3f}", "number"), _p(s), _result(s)) for s in steps]
    else:
        heads = ("Threshold", Cell("Unflagged", "number"), Cell("Wrong", "number"), Cell("p-value", "number"), "Result")
        rows = [
            (f"{s['threshold']:.6g}", Cell(s["n"], "number"), Cell(f"{s['errors']:g}", "number"), _p(s), _result(s))
            for s in steps
        ]
    return [
        folded("Every step", table("Steps in the order of the tests; the first that fails ends them.", heads, rows))
    ]


def _p(step: Entry) -> Cell:
    return Cell("–" if step["p_value"] is None else f"{step['p_value']:.3g}", "number")


def _result(step: Entry) -> str:
    return "passed" if step["passed"] else "not tested" if step["p_value"] is None else "failed: the end"


def _areas(evidence: Entry) -> list[str]:
    rows = []
    for name, words in (
        ("augrc", "AUGRC: mean risk of an undetected error; lower is better"),
        ("aurc", "AURC: mean error among the unflagged; puts most weight on the highest scores"),
    ):
        if found := evidence.get(name):
            rows.append((words, Cell(f"{found['value']:.4f} [{found['low']:.4f}, {found['high']:.4f}]", "number")))
    if found := evidence.get("smooth_error"):
        null = (
            f"{found['value']:.3f}; a score that is a probability would show {found['low']:.3f} to {found['high']:.3f}"
        )
        rows.append(("Smooth calibration error of the score", Cell(null, "number")))
    return [table("The score over all thresholds.", ("Measure", Cell("Value", "number")), rows)] if rows else []


def _transfer(evidence: Entry, prefix: str) -> list[str]:
    matrix = evidence.get("transfer")
    if not matrix:
        return []
    parts = [element("h3", f"From {matrix['by']} to {matrix['by']}")]
    if svg := risk_figures.transfer(matrix, "svg"):
        parts.append(drawing(svg, f"{prefix}-transfer", _TRANSFER))
    none = [row["group"] for row in matrix["rows"] if row["threshold"] is None]
    if none:
        parts.append(element("p", f"No threshold could be certified on: {', '.join(none)}."))
    if matrix["left_out"]:
        parts.append(element("p", f"Too few calibration items: {', '.join(matrix['left_out'])}."))
    rows = [
        (
            row["group"], group, f"{cell['k']:g} of {cell['n']}",
            f"{100 * cell['cp_lo']:.1f} to {100 * cell['cp_hi']:.1f} %", cell["verdict"],
            "not tested" if cell["shift_p"] is None else f"{cell['shift_p']:.3f}",
        )
        for row in matrix["rows"] for group, cell in zip(matrix["groups"], row["cells"], strict=False)
    ]  # fmt: skip
    heads = (
        "Calibrated on",
        "Tested on",
        "Wrong among unflagged",
        "Exact 95 % interval",
        "Verdict",
        "Shift of scores, p",
    )
    return [*parts, folded("The matrix as a table", table("Thresholds held against other groups.", heads, rows))]


_RISK = (
    "Share of wrong answers among the unflagged items, and of wrong unflagged answers among all items, at every "
    "threshold. Hard reasons are flagged at any threshold. Diamonds: certified thresholds."
)
_LADDER = "The fixed sequence of tests on the calibration items: unflagged items, errors and p-value at each threshold."
_LABELS = "The largest observed share of errors that allows the claim, by the number of unflagged calibration items."
_TRANSFER = "Thresholds calibrated on one group and held against the test items of another."
_DEPTH = "Relevant documents left unread by review depth, with the certified depth and the weaker average promise."
