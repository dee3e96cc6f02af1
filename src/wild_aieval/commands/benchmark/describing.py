"""Write what others need to know of a benchmark: card, plots, Croissant description."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_aieval.benchmarks.load import Benchmark

PLOTS = "figures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and what is left out."""
    parser.add_argument("path", type=Path, metavar="FOLDER", help="a benchmark folder, <root>/<task>/<name>")
    parser.add_argument("--no-floors", action="store_true", help="do not measure the floor candidates")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON and write nothing")


def run(arguments: argparse.Namespace) -> int:
    """Measure, write README.md, figures/*.svg and croissant.json, and say so."""
    import json

    from wild_aieval import confidentiality, floors
    from wild_aieval.benchmarks.checks.describe import describe
    from wild_aieval.benchmarks.load import load
    from wild_aieval.confidentiality import cards

    entry = floors.entry_of(arguments.path)
    benchmark = load(entry, warn=False)
    description = cards.shown(describe(benchmark).as_dict(), confidentiality.of(benchmark.manifest.confidentiality))
    facts = floors.facts(benchmark, entry, not arguments.json) if not arguments.no_floors else _no_floors(description)
    if arguments.json:
        print(json.dumps(description | {"floors": facts["floors"]}, ensure_ascii=False, indent=2))
        return 0
    for path in _written(entry.path, benchmark, description, facts):
        print(path)
    return 0


def _no_floors(description: dict[str, Any]) -> dict[str, Any]:
    return {"floors": [], "smallest_difference": description["smallest_difference"]}


def _written(folder: Path, benchmark: Benchmark, description: dict[str, Any], facts: dict[str, Any]) -> list[Path]:
    """Card, plots and Croissant; the words of a card that is there are kept."""
    import json

    from wild_aieval import floors
    from wild_aieval.benchmarks import card, card_figures
    from wild_aieval.benchmarks.croissant import CROISSANT_FILE, croissant
    from wild_aieval.benchmarks.hub_header import hub_header, with_header
    from wild_aieval.reports.benchmark_figures import figures

    plots = figures(description, facts["floors"])
    (folder / PLOTS).mkdir(exist_ok=True)
    written = []
    for name, svg in plots.items():
        (folder / PLOTS / f"{name}.svg").write_bytes(svg)
        written.append(folder / PLOTS / f"{name}.svg")
    readme, counts = folder / "README.md", {part: len(rows) for part, rows in benchmark.parts.items()}
    fields = benchmark.manifest.model_dump(mode="json", exclude_none=True)
    text = readme.read_text(encoding="utf-8") if readme.is_file() else card.card(fields, counts, ())
    section = card_figures.section(description, floors.lines(facts), list(plots), PLOTS)
    header = hub_header(benchmark.manifest, counts)
    readme.write_text(with_header(card_figures.put_in(text, section), header), encoding="utf-8")
    described = json.dumps(croissant(benchmark.manifest, folder), ensure_ascii=False, indent=2)
    (folder / CROISSANT_FILE).write_text(described + "\n", encoding="utf-8")
    return [readme, *written, folder / CROISSANT_FILE]
