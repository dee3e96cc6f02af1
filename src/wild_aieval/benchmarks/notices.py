"""What has to be said about a benchmark before a run and beside its result: restricted use, no certain revision."""

from __future__ import annotations

import datetime

from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.errors import UserError
from wild_aieval.runspec import BenchmarkIdentity

NOT_COMPARABLE = "not_comparable"
RESTRICTED_USE = "restricted_use"
_WORDS = {"non-commercial": "forbids commercial use", "research": "allows use for research only"}


def notes(manifest: Manifest, identity: BenchmarkIdentity) -> list[dict[str, str]]:
    """Notes of a result, each as ``code`` and ``text``; none for an ordinary benchmark."""
    found = []
    if manifest.restricted_to:
        found.append({"code": RESTRICTED_USE, "text": restricted_use(manifest)})
    if identity.unlocked:
        found.append({"code": NOT_COMPARABLE, "text": not_comparable(manifest, identity)})
    return found


def before_run(manifest: Manifest, identity: BenchmarkIdentity) -> list[str]:
    """What is said on standard error before anything is asked."""
    said = [note["text"] for note in notes(manifest, identity)]
    if manifest.retention is not None and manifest.retention < datetime.date.today():
        said.append(
            f"{manifest.task}/{manifest.name}: the data was to be kept until {manifest.retention} only. Delete it, or "
            "agree on a later day and write it under retention."
        )
    return said


def restricted_use(manifest: Manifest) -> str:
    """What the licence of the data does not allow, or ''."""
    if not manifest.restricted_to:
        return ""
    terms = f" Terms: {manifest.terms_of_use}" if manifest.terms_of_use else ""
    return (
        f"{manifest.task}/{manifest.name}: the licence of the data, {manifest.licence}, "
        f"{_WORDS[manifest.restricted_to]}.{terms}"
    )


def not_comparable(manifest: Manifest, identity: BenchmarkIdentity) -> str:
    """Why a result cannot be held against those of others, or ''."""
    if not identity.unlocked:
        return ""
    return (
        f"Not comparable: {manifest.task}/{manifest.name} was read from a local copy of {', '.join(identity.unlocked)} "
        "whose revision is not known. Results of others may rest on other rows. Make the copy with 'hf download "
        "--repo-type dataset ID --revision COMMIT --local-dir FOLDER', which notes the revision."
    )


def refuse_withdrawn(manifest: Manifest) -> None:
    """Raise UserError where the benchmark was withdrawn, with the reason."""
    if manifest.withdrawn is not None:
        raise UserError(
            f"{manifest.task}/{manifest.name} {manifest.version} was withdrawn on {manifest.withdrawn.day}: "
            f"{manifest.withdrawn.reason.rstrip('.')}. Choose another benchmark, or a version that replaces it."
        )
