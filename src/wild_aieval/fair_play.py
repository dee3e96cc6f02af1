"""What a reader of a result must know before believing it: whose tool was measured on whose data."""

from __future__ import annotations

from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.standards.offices import same_party

CONFLICT = "conflict_of_interest"


def notes(manifest: Manifest, model: ModelSettings) -> list[dict[str, str]]:
    """Each note as ``code`` and ``text``, in the order in which they are shown; none for an ordinary result."""
    found = []
    if same_party(manifest.contributor, model.provider):
        text = (
            f"Conflict of interest: {model.name} is provided by {model.provider}, and the benchmark was contributed by "
            f"{manifest.contributor}. The figures stand as measured; they need data of somebody else beside them."
        )
        found.append({"code": CONFLICT, "text": text})
    return found
