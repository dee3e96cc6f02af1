"""Published versions never change: each is kept as ``released/<version>.yaml`` and held against the folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.checks.finding import EXAMPLES, Finding
from wild_aieval.benchmarks.manifest import MANIFEST_FILE, Manifest, read_manifest, version_numbers
from wild_aieval.benchmarks.manifest_types import UNKNOWN
from wild_aieval.benchmarks.readers.lines import LANGUAGE
from wild_aieval.errors import UserError

RELEASED = "released"
# What may be said later about a version that is out, and words: they change neither rows nor figures.
LATER = frozenset({"withdrawn", "retention", "published", "homepage", "citation", "terms_of_use"})
WORDS = frozenset({"title", "description", "creation", "splits"})
_UNSAID: tuple[Any, ...] = (None, UNKNOWN, [], {})


def release(folder: Path) -> Path:
    """Keep the manifest of the folder as a published version; returns the file. Digests that are missing are written.

    Raises:
        UserError: where that version is out already with another content.
    """
    manifest = read_manifest(folder / MANIFEST_FILE)
    path = folder / RELEASED / f"{manifest.version}.yaml"
    if path.is_file() and (faults := [f for f in compare_with_released(folder) if f.severity == "error"]):
        raise UserError(f"{folder}: version {manifest.version} is published already. {faults[0].message}")
    path.parent.mkdir(exist_ok=True)
    if not path.is_file():
        _seal(folder / MANIFEST_FILE, {name: sha256(folder / name) for name in undigested(folder, manifest)})
        path.write_bytes((folder / MANIFEST_FILE).read_bytes())
    return path


def compare_with_released(folder: Path) -> list[Finding]:
    """What is wrong with the version of a benchmark folder, given the versions that are out."""
    manifest = read_manifest(folder / MANIFEST_FILE)
    try:
        versions = {path.stem: read_manifest(path) for path in sorted((folder / RELEASED).glob("*.yaml"))}
    except UserError as error:
        return [Finding("released-unreadable", "error", str(error), RELEASED)]
    if misnamed := [name for name, kept in versions.items() if kept.version != name]:
        name = misnamed[0]
        message = f"the file holds version {versions[name].version}. Restore it, or give it its name back."
        return [Finding("released-misnamed", "error", message, f"{RELEASED}/{name}.yaml")]
    if not versions:
        message = f"no version is published yet: 'released/{manifest.version}.yaml' is written by the release."
        return [Finding("never-released", "note", message, RELEASED)]
    if manifest.version in versions:
        return list(_changes(folder, manifest, versions[manifest.version]))
    return list(_succession(manifest, max(versions, key=version_numbers)))


def _changes(folder: Path, manifest: Manifest, kept: Manifest) -> Iterator[Finding]:
    """Fields and files that are not as they were published; what was not said then may be said now."""
    now, then = manifest.model_dump(mode="json"), kept.model_dump(mode="json")
    changed = [name for name in then if now[name] != then[name] and name not in LATER and then[name] not in _UNSAID]
    fields = [name for name in changed if name not in WORDS]
    remedy = "A published version never changes: restore it, or raise the version and name the old one in supersedes."
    if fields:
        examples = tuple(f"{name}: {_short(then[name])} → {_short(now[name])}" for name in fields[:EXAMPLES])
        message = f"version {manifest.version} is published, and {', '.join(fields)} changed since. {remedy}"
        yield Finding("published-version-changed", "error", message, MANIFEST_FILE, examples)
    if words := [name for name in changed if name in WORDS]:
        message = f"version {manifest.version} is published, and the words of {', '.join(words)} changed since."
        yield Finding("published-words-changed", "warning", message, MANIFEST_FILE)
    for name, expected in kept.data.sha256.items():
        path = folder / name
        if path.is_file():
            found = sha256(path)
            if found != expected:
                message = f"the content changed since version {manifest.version} was published. {remedy}"
                yield Finding("published-file-changed", "error", message, name, (f"{expected[:12]}… → {found[:12]}…",))


def _succession(manifest: Manifest, newest: str) -> Iterator[Finding]:
    """Whether a version that is not out yet follows the newest one that is."""
    if version_numbers(manifest.version) <= version_numbers(newest):
        message = f"version {manifest.version} is not higher than {newest}, which is published. Raise the version."
        yield Finding("version-not-raised", "error", message, f"{MANIFEST_FILE}: version")
    if manifest.supersedes is None:
        message = f"version {newest} is published before this one. Write 'supersedes: {newest}'."
        yield Finding("supersedes-missing", "error", message, f"{MANIFEST_FILE}: supersedes")
    elif manifest.supersedes != newest:
        message = f"it names {manifest.supersedes}, and the newest published version is {newest}. Name that one."
        yield Finding("supersedes-wrong", "error", message, f"{MANIFEST_FILE}: supersedes")


def undigested(folder: Path, manifest: Manifest) -> list[str]:
    """Files of data in the folder without a digest; a pattern of parallel files stands for one in each language."""
    if manifest.data.folder_from:
        return []  # the user's own copies
    tags = [str(manifest.source_language), str(manifest.target_language)]
    names = [
        name.replace(LANGUAGE, tag)
        for name in manifest.data.files.values()
        for tag in (tags if LANGUAGE in name else [""])
    ]
    return [name for name in dict.fromkeys(names) if name not in manifest.data.sha256 and (folder / name).is_file()]


def sha256(path: Path) -> str:
    """The digest of a file, as sha256sum prints it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _seal(path: Path, digests: Mapping[str, str]) -> None:
    """Write digests into the block ``data`` of a manifest; the rest, comments too, stays as it is."""
    if not digests:
        return
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("data:"))
    end = next((n for n in range(start + 1, len(lines)) if re.match(r"[^\s#]", lines[n])), len(lines))
    while not lines[end - 1].strip():
        end -= 1
    space = re.match(r"\s*", lines[start + 1])
    indent = space[0] if space else "  "
    entries = [f"{indent * 2}{json.dumps(name)}: {digest}" for name, digest in digests.items()]
    there = [n for n in range(start + 1, end) if lines[n].rstrip() == f"{indent}sha256:"]
    made = entries if there else [f"{indent}sha256:", *entries]
    place = there[0] + 1 if there else end
    lines[place:place] = made
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    read_manifest(path)  # still a manifest


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
