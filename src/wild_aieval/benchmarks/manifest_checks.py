"""What the fields of a manifest leave open, and which must be filled in before a benchmark is shared."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.benchmarks.checks.finding import Finding, Severity
from wild_aieval.benchmarks.manifest import MANIFEST_FILE, Manifest, read_manifest
from wild_aieval.benchmarks.released import RELEASED, undigested


def manifest_findings(folder: Path, today: datetime.date | None = None) -> list[Finding]:
    """Findings on the manifest alone; no row is read. An unknown licence or contributor is told by ``checks``."""
    manifest = read_manifest(folder / MANIFEST_FILE)
    found = [*_rights(manifest), *_digests(folder, manifest), *_pins(manifest), *_days(manifest, today)]
    return [*found, *_labels(manifest)]


def _rights(manifest: Manifest) -> Iterator[Finding]:
    if "LicenseRef-" in manifest.licence and not manifest.terms_of_use:
        message = f"'{manifest.licence}' has no SPDX text. Say under terms_of_use what it allows, or where it stands."
        yield Finding("terms-missing", "warning", message, f"{MANIFEST_FILE}: terms_of_use")
    if manifest.restricted_to:
        message = f"the licence {manifest.licence} restricts the use of the data to {manifest.restricted_to} purposes."
        yield Finding("restricted-use", "note", message, f"{MANIFEST_FILE}: licence")


def _digests(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Every file of data in the folder needs a digest once a version is out; the user's own copies cannot have one."""
    if missing := undigested(folder, manifest):
        out = (folder / RELEASED / f"{manifest.version}.yaml").is_file()
        message = (
            f"{len(missing)} files of data have no digest, so a change of them would go unseen. 'benchmark check "
            "--release' writes them under data.sha256."
        )
        severity: Severity = "error" if out else "note"
        yield Finding("sha256-missing", severity, message, f"{MANIFEST_FILE}: data.sha256", tuple(missing[:5]))


def _pins(manifest: Manifest) -> Iterator[Finding]:
    pointers = {p.id: p.revision for pointers in manifest.data.hub.values() for p in pointers}
    if loose := [name for name, revision in pointers.items() if revision is None]:
        message = (
            f"no commit is written for {', '.join(loose)}: whoever loads it first pins it for themselves in "
            "benchmark.lock. Write the commit under revision, so that everybody measures the same rows."
        )
        yield Finding("revision-missing", "warning", message, f"{MANIFEST_FILE}: data.hub")


def _days(manifest: Manifest, today: datetime.date | None) -> Iterator[Finding]:
    day = today or datetime.date.today()
    if manifest.retention is not None and manifest.retention < day:
        message = f"the data was to be kept until {manifest.retention} only. Delete it, or agree on a later day."
        yield Finding("past-retention", "error", message, f"{MANIFEST_FILE}: retention")
    if manifest.withdrawn is not None:
        message = f"withdrawn on {manifest.withdrawn.day}: {manifest.withdrawn.reason}. No run takes it any more."
        yield Finding("withdrawn", "note", message, f"{MANIFEST_FILE}: withdrawn")
    for name in ("created", "collected", "published"):
        value = getattr(manifest, name)
        if value is not None and value > day:
            message = f"{value} lies in the future. Write the day on which it happened."
            yield Finding("day-in-the-future", "warning", message, f"{MANIFEST_FILE}: {name}")


def _labels(manifest: Manifest) -> Iterator[Finding]:
    if manifest.task == "classification" and manifest.label_origin is None:
        message = "it is not said who gave the labels: H persons, M propagated, G software (WIPO ST.8)."
        yield Finding("label-origin-missing", "warning", message, f"{MANIFEST_FILE}: label_origin")
