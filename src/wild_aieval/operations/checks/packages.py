"""Python and packages, by their metadata alone: nothing is imported."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from wild_aieval.operations.checks import Finding, Place

OURS = "wild-aieval"
# By extra: what is missing without it. Left out are those for developers, and 'server', an extra of another package.
EXTRAS = {
    "ann": "approximate search in vectors (exact search works)",
    "ctranslate2": "second engine for translation models (model.runtime=ctranslate2)",
    "energy": "energy measured by the machine's meters",
    "fast": "encoders on OpenVINO (torch works)",
    "gguf": "weights in GGUF files",
    "ipc-scheme": "benchmark made of the text of the IPC",
    "launchers": "jobs of a sweep side by side, or under Slurm",
    "postgres": "ledger of a group in PostgreSQL",
    "ray": "evaluation spread over many workers (inference=ray)",
    "s3": "artifacts of MLflow in an S3 store",
    "stemming": "stems of words in BM25",
    "xlsx": "workbooks: import, review forms, outputs handed in",
}


def python(place: Place) -> Iterator[Finding]:
    """Whether this Python is one that the package supports."""
    found, wanted = platform.python_version(), _metadata("Requires-Python") or ">=3.11"
    fits = SpecifierSet(wanted).contains(found, prereleases=True)
    remedy = "" if fits else "Make an environment with a supported Python: make install PYTHON=python3.12"
    yield Finding("python", "ok" if fits else "broken", f"{found}, supported: {wanted}", remedy)


def installed(place: Place) -> Iterator[Finding]:
    """What must be there, in versions that fit; and what those packages want in turn."""
    missing, direct = [], _requirements("")
    for wanted in direct:
        missing += _unmet(wanted, OURS)
    conflicts = [fault for wanted in direct for inner in _of(wanted.name) for fault in _unmet(inner, wanted.name)]
    remedy = "pip install -c constraints.txt -e . in a checkout, else pip install --upgrade wild-aieval"
    if missing:
        yield Finding("packages", "broken", "; ".join(missing), remedy)
    if conflicts:
        yield Finding("packages", "look", "; ".join(conflicts), f"See 'pip check'; {remedy}")
    if not missing and not conflicts:
        yield Finding("packages", "ok", f"{len(direct)} required packages, in versions that fit")


def extras(place: Place) -> Iterator[Finding]:
    """Optional parts: one line for those that are here, one for each that is not."""
    known = metadata.metadata(OURS).get_all("Provides-Extra") or [] if _metadata("Name") else []
    lacking = {name: [one.name for one in _requirements(name) if _unmet(one, name)] for name in EXTRAS if name in known}
    here = [name for name, missing in lacking.items() if not missing]
    yield Finding("extras", "ok", f"here: {', '.join(here) or 'none'}")
    for name, missing in lacking.items():
        if missing:
            text = f"without {name} ({', '.join(missing)}): no {EXTRAS[name]}"
            yield Finding("extras", "ok", text, f"If wanted: pip install 'wild-aieval[{name}]'")


def _metadata(field: str) -> str:
    try:
        return str(metadata.metadata(OURS)[field] or "")
    except (metadata.PackageNotFoundError, KeyError):
        return ""


def _requirements(extra: str) -> list[Requirement]:
    """Of the package itself; ``extra`` '': those that are always needed."""
    found = _of(OURS, (extra,))
    always = {str(one) for one in _of(OURS)} if extra else set()
    return [one for one in found if str(one) not in always]


def _of(name: str, extras: tuple[str, ...] = ("",)) -> list[Requirement]:
    try:
        texts = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    found = []
    for text in texts:
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            continue
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            found.append(wanted)
    return found


def _unmet(wanted: Requirement, by: str) -> list[str]:
    try:
        found = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return [f"{wanted.name} is missing ({by} needs it)"]
    try:
        fits = wanted.specifier.contains(Version(found), prereleases=True)
    except InvalidVersion:
        return []
    return [] if fits else [f"{wanted.name} {found} is here, {by} needs {wanted.specifier}"]
