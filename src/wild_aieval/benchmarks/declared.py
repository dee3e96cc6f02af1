"""The manifest fields of an import: what the user says, and what is taken where nothing is said."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wild_aieval import __version__
from wild_aieval.benchmarks.card import UNKNOWN
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.errors import UserError

Fields = dict[str, Any]
_LANGUAGE = "en"
GUARDED = "aggregate-only"  # what nobody said to be open does not leave


def declared(options: ImportOptions, sources: Iterable[str]) -> Fields:
    """Manifest fields without ``data``; ``sources`` describes the files that were read."""
    said = {name: value for name, value in options.about.items() if value and name != "language"}
    return {
        "name": options.name,
        "task": options.task,
        "version": "1.0.0",
        "title": options.name.replace("-", " ").replace("_", " ").capitalize(),
        "description": f"Rows for {options.task}, imported from {options.source.name}.",
        "languages": _languages(options, said),
        **_scheme(options, said),
        **_clusters(options),
        "licence": UNKNOWN,
        "creation": f"Imported by wild-aieval {__version__} from {', '.join(sources)}.{_division(options)}",
        "contributor": UNKNOWN,
        "created": datetime.date.today(),
        "confidentiality": GUARDED,
    } | said


def presumed(options: ImportOptions, fields: Fields) -> list[str]:
    """Remarks on what was taken because nothing was said."""
    notes = []
    guessed = options.task != "translation" and fields["languages"] == [_LANGUAGE]
    if guessed and not options.about.get("language"):
        notes.append(f"The language is taken to be '{_LANGUAGE}'; say --language if it is another.")
    unknown = [name for name in ("licence", "contributor") if fields[name] == UNKNOWN]
    if unknown:
        notes.append(
            f"Unknown: {' and '.join(unknown)}. Fill in (benchmark.yaml and README.md) before you share the benchmark."
        )
    if not options.about.get("confidentiality"):
        notes.append(
            f"Confidentiality is taken to be '{GUARDED}': texts stay out of reports and MLflow. "
            "Say --confidentiality open for public data."
        )
    return notes


def fingerprints(folder: Path, names: Iterable[str]) -> list[str]:
    """Name and start of the SHA-256 of each file that is there."""
    prints = []
    for name in names:
        path = folder / name
        if path.is_file():
            with path.open("rb") as stream:
                prints.append(f"{name} (sha256 {hashlib.file_digest(stream, 'sha256').hexdigest()[:16]}…)")
    return prints


def _languages(options: ImportOptions, said: Fields) -> list[str]:
    if options.task != "translation":
        return [options.about.get("language") or _LANGUAGE]
    pair = ("source_language", "target_language")
    if missing := [name for name in pair if name not in said]:
        flags = " and ".join("--" + name.replace("_", "-") for name in missing)
        raise UserError(f"benchmark import: a translation benchmark needs {flags}, such as 'en' or 'pt-BR'.")
    return list(dict.fromkeys(said[name] for name in pair))


def _scheme(options: ImportOptions, said: Fields) -> Fields:
    """The IPC in the edition that is shipped; for another scheme the edition has to be said."""
    if options.task != "classification":
        return {}
    scheme = said.get("scheme", "IPC")
    return {"scheme": scheme} | ({"edition": "2023.01"} if scheme == "IPC" else {})


def _clusters(options: ImportOptions) -> Fields:
    """What a cluster is, where the name of its column tells."""
    columns = [theirs.lower() for ours, theirs in options.columns.items() if ours.rpartition(".")[2] == "cluster"]
    known = {"famil": "family", "doc": "document", "patent": "document", "applicant": "applicant"}
    return next(({"clusters_are": kind} for part, kind in known.items() for name in columns if part in name), {})


def _division(options: ImportOptions) -> str:
    text = ""
    if options.train_until:
        text += f" Rows dated up to {options.train_until} are for training, later ones are the test."
    if options.test_until:
        text += f" Rows dated after {options.test_until} are left out."
    return text
