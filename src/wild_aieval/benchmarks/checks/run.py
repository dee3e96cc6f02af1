"""Check a benchmark folder: read it tolerantly, then look at its content; all findings at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.checks import (
    alignment,
    cells,
    dates,
    declarations,
    duplicates,
    encoding,
    families,
    instructions,
    judgments,
    labels,
    language,
    pairs,
    personal,
    texts,
)
from wild_aieval.benchmarks.checks.finding import SEVERITIES, Finding
from wild_aieval.benchmarks.checks.reading import read
from wild_aieval.benchmarks.checks.subject import Subject, Watch
from wild_aieval.benchmarks.manifest import MANIFEST_FILE, read_manifest
from wild_aieval.benchmarks.manifest_checks import manifest_findings
from wild_aieval.benchmarks.places import availability
from wild_aieval.benchmarks.released import compare_with_released
from wild_aieval.errors import UserError

Check = Callable[[Subject], Iterable[Finding]]

_FIRST: tuple[Check, ...] = (
    declarations.unsaid_fields,
    declarations.example_rows,
    declarations.undeclared_values,
    declarations.declared_limits,
    declarations.weight,
)
_OF_TEXTS: tuple[Check, ...] = (
    texts.short_texts,
    texts.truncated_texts,
    texts.large_texts,
    encoding.replaced_characters,
    encoding.mojibake,
    encoding.control_characters,
    encoding.invisible_characters,
    encoding.markup,
    language.wrong_language,
    personal.mail_addresses,
    personal.telephone_numbers,
    personal.person_names,
    instructions.model_instructions,
    cells.formula_cells,
    duplicates.near_duplicates,
)
_OF_TASKS: Mapping[str, tuple[Check, ...]] = {
    "classification": (
        labels.malformed_symbols,
        labels.unknown_symbols,
        labels.conflicting_labels,
        labels.in_train_and_test,
        labels.telling_ids,
        labels.mains_missing,
        labels.rare_classes,
        labels.unlearnable_classes,
        dates.implausible_dates,
        dates.split_by_date,
        families.shared_families,
        families.unclustered,
    ),
    "translation": (
        alignment.shifted_rows,
        pairs.copied_sources,
        pairs.length_ratios,
        pairs.numbers_kept,
        pairs.contradicting_references,
        pairs.glossary_kept,
    ),
    "search": (
        judgments.loose_judgments,
        judgments.thin_queries,
        judgments.grades_of_map,
        judgments.corpus_size,
        dates.implausible_dates,
        dates.undated,
        dates.relevant_too_late,
        families.own_family,
        families.unclustered,
    ),
}


@dataclass(frozen=True, slots=True)
class Report:
    """All findings on one benchmark, the worst first; ``rows`` counts the rows of each part without a fault."""

    name: str
    folder: str
    findings: tuple[Finding, ...]
    rows: dict[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """Findings of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in SEVERITIES}

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.counts["error"]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "name": self.name,
            "folder": self.folder,
            "ok": self.ok,
            "rows": self.rows,
            "counts": self.counts,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def checks_of(task: str) -> tuple[Check, ...]:
    """The checks that apply to a task, in their order."""
    return (*_FIRST, *_OF_TASKS[task], *_OF_TEXTS)


def check(benchmark: Path | Entry, watch: Watch | None = None) -> Report:
    """All findings on a benchmark folder; ``watch`` shows progress, as ``progress.Progress.task`` does.

    Nothing is raised for what is wrong with it: a manifest that cannot be read is a finding, and the only one.
    """
    folder = benchmark.path if isinstance(benchmark, Entry) else benchmark.resolve()
    entry = benchmark if isinstance(benchmark, Entry) else Entry(f"{folder.parent.name}/{folder.name}", folder)
    findings: list[Finding] = []
    try:
        entry.manifest()
    except UserError as error:
        message = str(error).removeprefix(f"{folder / MANIFEST_FILE}: ")
        findings.append(Finding("manifest", "error", message, MANIFEST_FILE))
    try:
        manifest = read_manifest(folder / MANIFEST_FILE)
    except UserError:
        return _report(entry, folder, findings, {})
    findings += [*manifest_findings(folder), *compare_with_released(folder)]
    known = availability(manifest, folder)
    if not known.here:
        message = f"the data is not on this machine, so no row was checked: {known.remedy}."
        findings.append(Finding("data-absent", "error", message, f"{MANIFEST_FILE}: data"))
        return _report(entry, folder, findings, {})
    subject, faults = read(manifest, folder, watch)
    findings += faults
    checks = checks_of(manifest.task)
    with subject.watch("checks", len(checks)) as advance:
        for one in checks:
            findings += one(subject)
            advance(1)
    return _report(entry, folder, findings, {part: len(rows) for part, rows in subject.parts.items()})


def _report(entry: Entry, folder: Path, findings: list[Finding], rows: dict[str, int]) -> Report:
    ordered = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    return Report(entry.name, str(folder), tuple(ordered), rows)
