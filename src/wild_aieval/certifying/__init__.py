"""From a finished run to certificates: gathers scores, hard reasons and errors of the answers, and has them tested.

Only labels of human origin may calibrate: what was propagated or generated (M, G in position 40 of WIPO ST.8) says how
far a candidate agrees with software, not how often it errs. A reference translation is no judgment of another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_aieval import __version__, selection
from wild_aieval import settings as schema
from wild_aieval.benchmarks import catalogue
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.certifying.run import Run
from wild_aieval.certifying.wish import Wish as Wish
from wild_aieval.errors import UserError
from wild_aieval.oversight.risk import statements
from wild_aieval.oversight.risk.certificate import SCHEMA_VERSION, Data
from wild_aieval.oversight.risk.gate import FILE
from wild_aieval.paths import starter_benchmarks
from wild_aieval.records.run_folder import SUMMARY, RunFolder


def certify(folder: RunFolder, wish: Wish) -> Data:
    """Certificates and their evidence for each benchmark of a run: the content of ``certificates.json``."""
    summary = folder.read_json(SUMMARY)
    found: Data = {"schema_version": SCHEMA_VERSION, "wild_aieval": __version__, "run": folder.path.name}
    found |= {"certificates": [], "evidence": []}
    tables = {name: folder.read_table(name) for name in ("flags", "items", "predictions")}
    for benchmark, entry in zip(_measured(summary), summary["results"], strict=True):
        rows = {
            name: {row["item_id"]: row for row in table if row["benchmark"] == benchmark.name}
            for name, table in tables.items()
        }
        certificates, evidence = Run(summary, entry, benchmark, rows, wish).certified()
        found["certificates"] += certificates
        found["evidence"].append(evidence)
    return found


def write(content: Mapping[str, Any], file: Path) -> Path:
    """Write the certificates, whole or not at all."""
    if not file.parent.is_dir():
        raise UserError(f"--out {file}: there is no folder {file.parent}. Make it, or name another file.")
    return RunFolder(file.parent).write_json(file.name, content)


def default_file(folder: RunFolder) -> Path:
    """Where certificates go if nothing else is said."""
    return folder.path / FILE


def _measured(summary: Mapping[str, Any]) -> list[Benchmark]:
    """The benchmarks of the run, with the very rows that were measured."""
    spec = summary["runspec"]
    settings = selection.as_measured(schema.read_record(spec["settings"], SUMMARY), spec["benchmarks"])
    entries = catalogue.scan([starter_benchmarks(), *settings.benchmark_roots])
    loaded = {benchmark.name: benchmark for benchmark in map(load, catalogue.select(entries, settings.benchmark))}
    found = []
    for entry in summary["results"]:
        benchmark = loaded[entry["benchmark"]]
        if benchmark.identity.digest != entry["digest"]:
            raise UserError(
                f"{benchmark.name}: its rows are not those that were measured (now {benchmark.identity.digest[:12]}, "
                f"then {entry['digest'][:12]}). Bring that version back, or run the candidate anew."
            )
        found.append(benchmark)
    return found


def sentences(content: Mapping[str, Any]) -> list[str]:
    """What may be said of the certificates, one paragraph an entry."""
    found = []
    for entry in content["certificates"]:
        parts = [entry["statement"], entry.get("check", ""), entry.get("average_statement", "")]
        parts += [entry.get("floor_statement", ""), _how_far(entry)]
        found.append(" ".join(part for part in parts if part))
    return found


def _how_far(entry: Mapping[str, Any]) -> str:
    if not entry["certified"] or entry["kind"] == "depth":
        return ""
    return f"Coverage of the calibration items: {statements.percent(entry['coverage_cal'])}."
