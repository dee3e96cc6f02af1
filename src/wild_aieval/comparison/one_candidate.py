"""Whether runs of several offices are of one candidate: the same name is not enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wild_aieval.comparison.systems import System
from wild_aieval.confidentiality.cells import WITHHELD
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import SUMMARY

LIBRARIES = "library_versions"
Spec = Mapping[str, Any]


def notes(benchmark: str, name: str, parts: Sequence[System]) -> list[dict[str, str]]:
    """What must be known of parts that are of one candidate: libraries of different versions.

    Raises:
        UserError: where settings or weights differ. What an office keeps to itself is not compared.
    """
    specs = [part.folder.read_json(SUMMARY)["runspec"] for part in parts]
    known = [dict(_flat("", spec["model"])) for spec in specs]
    libraries = {name for spec in specs for name in spec["context"].get("libraries", {})}
    found = []
    for field in dict.fromkeys(field for one in known for field in one):
        values = [str(one.get(field)) for one in known]
        if WITHHELD in values or len(set(values)) == 1 or field == "seed":
            continue
        shown = ", ".join(f"{part.run}: {value[:40]}" for part, value in zip(parts, values, strict=True))
        library = field.removeprefix("facts.")
        if library not in libraries:
            raise UserError(
                f"{benchmark}: '{name}' is not the same candidate in all parts: {field} differs ({shown}). Pool runs "
                "of one candidate, with the same settings and weights."
            )
        versions = ", ".join(dict.fromkeys(values))
        text = f"Parts of {name} on {benchmark} were measured with different versions of {library} ({versions})."
        found.append({"code": LIBRARIES, "text": text})
    return found


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), part)
    else:
        yield name, value
