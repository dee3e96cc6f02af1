"""Certificates on real patent data: thresholds for classifiers, a review depth for search, transfer over the years.

    python tests/end_to_end/oversight.py --work FOLDER [--data FOLDER] [--page docs/oversight-results.md]

The collections do not declare who gave their labels, so every certificate here is an experiment that ASSUMES human
labels, and its sentence says so.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from harness import DATA, US_GRANTS, bring_in, call

MODELS, SEARCHERS = "tfidf,minilm", "bm25,minilm"
# name of the part of the page, level, largest share of errors
CLAIMS = [("section", 0.05), ("section", 0.1), ("class", 0.05), ("class", 0.1), ("class", 0.2)]
DEPTHS = [("bm25", 0.1), ("bm25", 0.4), ("minilm", 0.1), ("minilm", 0.4)]
TRANSFER = [("tfidf", "section", 0.1), ("tfidf", "class", 0.3)]
HEAD = """# Certificates on real patent data

What `python -m wild_aieval certify` says of the candidates that come with the harness. Neither collection declares who
gave its labels, so each claim rests on the **assumption** that persons did (`--assume-human-labels`), and each sentence
says so. A candidate that is chosen because its certificate looks best needs `--candidates`. The page is written by:

```bash
python tests/end_to_end/oversight.py --work /tmp/oversight --page docs/oversight-results.md
```

Units are families, else single documents; 20 % of them tune (their labels are not used), 40 % calibrate, 40 % check.
"""


def main() -> int:
    """Import, run, certify; returns 1 where a check on the test part contradicts a certificate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="write the page as Markdown to this file")
    arguments = parser.parse_args()
    found = perform(arguments.data, arguments.work)
    if arguments.page:
        arguments.page.write_text(render(found), encoding="utf-8")
    faults = off(found)
    print("\n".join(faults) or f"{sum(map(len, found.values()))} certificates and matrices, none contradicted")
    return 1 if faults else 0


def perform(data: Path, work: Path) -> dict[str, list[dict[str, Any]]]:
    """Everything that the page shows."""
    root = bring_in(data, work, ["us-grants", "us-citations"])
    _years(data, work, root)
    _run(work, root, "grants", MODELS, "classification/us-grants")
    _run(work, root, "years", "tfidf", "classification/us-grants-years")
    _run(work, root, "citations", SEARCHERS, "search/us-citations")
    return {
        "thresholds": [_certified(work, "grants", m, a, "--level", at) for at, a in CLAIMS for m in MODELS.split(",")],
        "depths": [_certified(work, "citations", model, alpha) for model, alpha in DEPTHS],
        "transfer": [_certified(work, "years", m, a, "--level", at, "--transfer", "year") for m, at, a in TRANSFER],
    }


def off(found: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Certificates that their test part contradicts; of many valid ones, few are by chance."""
    return [
        f"{part}: {entry['statement'][:120]} … {entry['check']}"
        for part, contents in found.items()
        for content in contents
        for entry in content["certificates"]
        if entry["certified"] and entry["test"]["verdict"] == "inconsistent"
    ]


def render(found: dict[str, list[dict[str, Any]]]) -> str:
    """The whole page."""
    return HEAD + _thresholds(found["thresholds"]) + _depths(found["depths"]) + _matrices(found["transfer"])


def _years(data: Path, work: Path, root: Path) -> None:
    """The grants with five years to test on, learnt from the two before."""
    shutil.rmtree(root / "classification" / "us-grants-years", ignore_errors=True)
    source, *options = US_GRANTS
    call(
        work, "benchmark", "import", str(data / source), "--confidentiality", "open", "--name", "us-grants-years",
        "--to", str(root), *options, "--train-until", "2007-12-31",
    )  # fmt: skip


def _run(work: Path, root: Path, name: str, models: str, benchmark: str) -> None:
    sweep = work / "runs" / f"oversight-{name}"
    shutil.rmtree(sweep, ignore_errors=True)
    call(
        work, "--multirun", f"model={models}", f"benchmark={benchmark}", f"benchmark_roots=[{root}]",
        f"hydra.sweep.dir={sweep}", "tracking=none",
    )  # fmt: skip


def _certified(work: Path, name: str, model: str, alpha: float, *more: str) -> dict[str, Any]:
    folder = next((work / "runs" / f"oversight-{name}").glob(f"*-{model}"))
    file = folder / f"certificates-{'-'.join((*more[1:2], *more[2:3], str(alpha))).replace('--', '')}.json"
    call(work, "certify", str(folder), "--alpha", str(alpha), "--assume-human-labels", "--out", str(file), *more)
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def _thresholds(contents: list[dict[str, Any]]) -> str:
    lines = [
        "\n## Classification: three-guess errors on `classification/us-grants`\n",
        "An error: none of the three best suggestions is an assigned symbol at the level. Delta is 5 %.\n",
        "| level | candidate | claim | certified threshold | coverage (calibration) | test: wrong of unflagged "
        "[exact 95 %] | check | AUGRC [95 %] |",
        "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for content in contents:
        entry, area = content["certificates"][0], content["evidence"][0].get("augrc")
        level = entry["error"].split(".")[1]
        cells = [level, entry["candidate"]["name"], f"at most {100 * entry['alpha']:g} %", *_threshold_cells(entry)]
        cells.append(f"{area['value']:.4f} [{area['low']:.4f}, {area['high']:.4f}]" if area else "no scores")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["\nThe sentences:\n", *(f"- {content['certificates'][0]['statement']}" for content in contents)]
    return "\n".join(lines) + "\n"


def _threshold_cells(entry: dict[str, Any]) -> list[str]:
    if not entry["certified"]:
        return ["none", f"{entry['errors']:g} of {entry['n_unflagged']} wrong at the first step", "–", "all flagged"]
    test = entry["test"]
    share = f"{test['k']:g} of {test['n']} [{100 * test['cp_lo']:.1f}, {100 * test['cp_hi']:.1f}] %"
    return [f"{entry['threshold']:.4g}", f"{100 * entry['coverage_cal']:.0f} %", share, test["verdict"]]


def _depths(contents: list[dict[str, Any]]) -> str:
    lines = [
        "\n## Search: review depth on `search/us-citations`\n",
        "The loss: share of the relevant documents of the collection that are not among those read. The collection's",
        "judgments are front-page citations, so documents that nobody cited count as not relevant.\n",
        "| candidate | claim | certified depth | on average only | floor at the full depth | test: unread [95 %] "
        "| check |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for content in contents:
        entry = content["certificates"][0]
        test = entry.get("test")
        unread = f"{100 * test['mean']:.1f} [{100 * test['low']:.1f}, {100 * test['high']:.1f}] %" if test else "–"
        cells = [
            entry["candidate"]["name"],
            f"at most {100 * entry['alpha']:g} % unread",
            str(entry["depth"] or "none"),
        ]
        cells += [str(entry["average_depth"] or "none"), f"{100 * entry['floor']:.1f} %", unread]
        lines.append("| " + " | ".join([*cells, test["verdict"] if test else "all flagged"]) + " |")
    return "\n".join(lines) + "\n"


def _matrices(contents: list[dict[str, Any]]) -> str:
    lines = [
        "\n## Does a threshold travel from year to year?\n",
        "`classification/us-grants-years`: learnt from 2006 and 2007, tested on 2008 to 2012. Each row is a year on",
        "which a threshold was certified (delta 5 %, rows not adjusted for their number), each column the test part of",
        "a year: wrong of unflagged, in bold where the one-sided 95 % lower bound lies above the claim.\n",
    ]
    for content in contents:
        entry, matrix = content["certificates"][0], content["evidence"][0]["transfer"]
        level = entry["error"].split(".")[1]
        lines.append(f"\n{entry['candidate']['name']}, {level}, at most {100 * entry['alpha']:g} %:\n")
        lines.append("| calibrated on | " + " | ".join(matrix["groups"]) + " |")
        lines.append("|---" * (1 + len(matrix["groups"])) + "|")
        for row in matrix["rows"]:
            cells = [_cell(cell) for cell in row["cells"]] or ["not certified"] * len(matrix["groups"])
            lines.append(f"| {row['group']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(cell: dict[str, Any]) -> str:
    share = f"{100 * cell['k'] / cell['n']:.1f} % ({cell['k']:g} of {cell['n']})" if cell["n"] else "no items"
    return f"**{share}**" if cell["red"] else share


if __name__ == "__main__":
    sys.exit(main())
