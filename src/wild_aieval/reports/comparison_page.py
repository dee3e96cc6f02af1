"""``report.html`` of a comparison: which system is better on the same items, benchmark by benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import comparison_figures as figures
from wild_aieval.reports import page
from wild_aieval.reports.comparison_pairs import Row, most_different, pairs_table, rows_of
from wild_aieval.reports.facts import counted, duration, notes, of_benchmark, share, withheld
from wild_aieval.reports.headline import written
from wild_aieval.reports.page import REPORT, Cell, drawing, element, facts, table
from wild_aieval.reports.words import SUGGESTIONS, measure_in_words

Group = Mapping[str, Any]
_SYSTEMS = (
    "Systems with their 95 % intervals, best on top. Systems that share a letter in brackets could not be told apart. "
    "To tell two systems apart look at their difference below, not at whether these intervals overlap."
)
_PAIRS = (
    "Differences between two systems with their 95 % intervals. Filled and blue: told apart after adjustment for the "
    "number of comparisons. Hollow and grey: not told apart."
)
_COST = (
    "What quality costs in time. Time depends on the machine, on what ran beside it and on what had been computed "
    "before; it says nothing about another machine."
)


def write(folder: RunFolder, comparison: Mapping[str, Any]) -> Path:
    """Write ``report.html`` into the comparison's folder; returns its path."""
    groups, language = comparison["benchmarks"], comparison.get("language", "en")
    names = list(dict.fromkeys(system["name"] for group in groups for system in group["systems"]))
    heading = f"Comparison of {len(names)} systems"
    parts = [element("h1", heading), element("p", SUGGESTIONS, "note"), _about(comparison, names)]
    if len(groups) > 1:
        parts += [element("h2", "In short"), _in_short(groups, language)]
    for number, group in enumerate(groups):
        parts += _benchmark(group, number, language)
    if not groups:
        parts.append(element("p", "Nothing was compared.", "alarm"))
    return folder.write_text(REPORT, page.frame(heading, parts))


def _about(comparison: Mapping[str, Any], names: Sequence[str]) -> str:
    return facts(
        [
            ("Systems", ", ".join(names)),
            ("Compared at", comparison.get("created", "")),
            ("wild_aieval", comparison.get("wild_aieval", "")),
        ]
    )


def _in_short(groups: Sequence[Group], language: str) -> str:
    lines = "".join(
        f'<li><a href="#benchmark-{number}">{escape(group["benchmark"])}</a>: '
        f'<span lang="{escape(language)}">{escape(_sentence(group))}</span></li>'
        for number, group in enumerate(groups)
    )
    return f"<ul>{lines}</ul>"


def _sentence(group: Group) -> str:
    return str(group.get("sentence") or "the table below says what could be told apart.")


def _benchmark(group: Group, number: int, language: str) -> list[str]:
    rows, prefix = rows_of(group), f"benchmark-{number}"
    parts = [element("h2", f"{group['benchmark']} {group['version']}", id=prefix)]
    if group.get("sentence"):
        parts.append(element("p", group["sentence"], "sentence", lang=language))
    parts += [note for system in group["systems"] for note in notes(system)]
    parts += withheld(group)
    parts += [of_benchmark(group), _measured(group), element("h3", "Systems")]
    parts += [drawing(figures.systems(group), f"{prefix}-systems", _SYSTEMS), _systems(group)]
    parts += [element("h3", "Differences between systems")]
    if image := figures.pairs(group, rows):
        parts.append(drawing(image, f"{prefix}-pairs", _pairs_caption(rows)))
    parts += [pairs_table(group, rows, language)]
    if image := figures.cost(group):
        parts += [element("h3", "Quality against cost"), drawing(image, f"{prefix}-cost", _COST)]
    parts += most_different(group, rows)
    return [*parts, element("h3", "How to read this"), *_how_to_read(group)]


def _measured(group: Group) -> str:
    units = f", in {group['clusters']} {group['cluster'] or 'cluster'} groups" if group["clusters"] else ""
    words = measure_in_words(group["measure"])
    return facts(
        [
            ("Compared by", f"{group['measure']}: {words}" if words else group["measure"]),
            ("On", f"the same {group['items']} items{units}"),
            ("Comparisons", f"{len(group['pairs'])} ({group['family']})"),
            ("Signature", group["signature"]),
        ]
    )


def _pairs_caption(rows: Sequence[Row]) -> str:
    left = len(rows) - figures.MOST_PAIRS
    return f"{_PAIRS} {left} more pairs are in the table only." if left > 0 else _PAIRS


def _systems(group: Group) -> str:
    heads = (
        "System", "Tie group", *(Cell(head, "number") for head in (
            f"{group['measure']} [95 % interval]", "Asked / answered / errors / scored", "Flagged", "Time per item"
        )), "Run",
    )  # fmt: skip
    rows = [_system(group, system) for system in group["systems"]]
    return table("Systems, best first. Those that share a letter could not be told apart.", heads, rows)


def _system(group: Group, system: Mapping[str, Any]) -> list[object]:
    asked = system["counts"]["asked"]
    numbers = (
        written(group["measure"], figures.measured(group, system)),
        counted(system),
        share(system["flagged"], asked),
        duration(figures.seconds_per_item(system)) if asked else "none asked",
    )
    shown = [Cell(number, "number") for number in numbers]
    return [system["name"], system["tie_group"], *shown, Cell(Path(str(system["run"])).name, "code")]


def _how_to_read(group: Group) -> list[str]:
    tested = sum(pair["p"] is not None for pair in group["pairs"])
    sides = "A lower value is better here. " if group["lower_is_better"] else ""
    sentences = (
        f"{sides}All systems were asked the same {group['items']} items, and every pair is compared item by item. p is "
        f"that of an approximate randomisation test with {group['resamples']} resamples (seed {group['seed']}): how "
        "often a difference at least as large comes about when the two answers to each item change places at random.",
        f"p is adjusted after Holm over {tested} comparisons, so that the chance of even one false difference among "
        "them stays below 5 %. The 95 % intervals are for the single comparison and are not adjusted; an interval may "
        "therefore leave out 0 although the pair is not told apart.",
        "Not told apart does not mean equally good: these items may be too few. The smallest effect is the difference "
        "that a benchmark of this size would show in four of five cases.",
        f"Nothing is said beyond {group['benchmark']}: other texts, languages or offices can turn the order round. "
        "Answers are suggestions generated by software; experts decide.",
    )
    return [element("p", sentence) for sentence in sentences]
