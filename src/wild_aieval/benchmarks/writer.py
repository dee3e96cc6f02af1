"""Write a benchmark folder: whole or not at all, and never over a published version."""

from __future__ import annotations

import csv
import dataclasses
import json
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from wild_aieval import durable
from wild_aieval.benchmarks.card import card
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.benchmarks.manifest import MANIFEST_FILE, read_manifest, version_numbers
from wild_aieval.benchmarks.readers.retrieval import BEIR_QRELS
from wild_aieval.benchmarks.released import RELEASED, release, sha256
from wild_aieval.errors import UserError

Fields = dict[str, Any]
_BEIR_PLAIN = ("id", "title", "text")


@dataclass(frozen=True, slots=True)
class NewBenchmark:
    """What is to be written: manifest fields without ``data``, checked rows by part, notes for the card.

    ``extra``: lines of further files, by name. ``sealed``: the manifest holds the digest of each file.
    """

    fields: Fields
    parts: dict[str, list[Fields]]
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Iterable[str]] = field(default_factory=dict)
    sealed: bool = True


def publish(new: NewBenchmark, root: Path, replace: bool = False, released: bool = False) -> Benchmark:
    """Write ``root/task/name``, load it as a check, and only then give the folder its name.

    ``released``: its manifest is kept as a published version, which must not change any more.

    Raises:
        UserError: where the folder exists (with ``replace``: unless the version is higher), or
            cannot be written.
    """
    target = root / new.fields["task"] / new.fields["name"]
    fields = new.fields | _superseded(target, new.fields["version"], replace)
    work = target.parent / f".{target.name}.{secrets.token_hex(4)}.partial"
    try:
        work.mkdir(parents=True)
        _fill(work, dataclasses.replace(new, fields=fields))
        if (target / RELEASED).is_dir():
            shutil.copytree(target / RELEASED, work / RELEASED)
        if released:
            release(work)
        benchmark = load(Entry(f"{fields['task']}/{fields['name']}", work), warn=False)
        durable.sync_tree(work)
        _move(work, target, fields.get("supersedes"))
        durable.sync_folder(target.parent)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror or error}). Choose another --to.") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return dataclasses.replace(benchmark, identity=dataclasses.replace(benchmark.identity, path=str(target)))


def _superseded(target: Path, version: str, replace: bool) -> Fields:
    """The field ``supersedes``, where an older version gives way."""
    if not target.exists():
        return {}
    remedy = "Give another --name, or a higher --version together with --replace."
    if not replace:
        raise UserError(f"{target}: this benchmark exists, and a published version never changes. {remedy}")
    if not (target / MANIFEST_FILE).is_file():
        raise UserError(f"{target}: this is no benchmark folder, so it is not replaced. Give another --name.")
    old = read_manifest(target / MANIFEST_FILE).version
    if version_numbers(version) <= version_numbers(old):
        raise UserError(f"{target}: version {old} is there, and {version} is not higher. {remedy}")
    return {"supersedes": old}


def _move(work: Path, target: Path, superseded: str | None) -> None:
    """Give the folder its name; an older version is put aside as ``.NAME-VERSION``, which no catalogue reads."""
    if superseded is None:
        work.rename(target)
        return
    old = target.parent / f".{target.name}-{superseded}"
    target.rename(old)
    try:
        work.rename(target)
    except OSError:
        old.rename(target)
        raise


def _fill(folder: Path, new: NewBenchmark) -> None:
    search = new.fields["task"] == "search"
    files = {}
    for part, rows in new.parts.items():
        files[part] = "qrels.tsv" if part == "qrels" else f"{part}.jsonl"
        if part == "qrels":
            _write_qrels(folder / files[part], rows)
        else:
            _write_jsonl(folder / files[part], map(_beir, rows) if search else map(_compact, rows))
    for name, lines in new.extra.items():
        with (folder / name).open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{line}\n" for line in lines)
    data: Fields = {"format": "beir" if search else "jsonl", "files": files}
    if new.sealed:
        data["sha256"] = {name: sha256(folder / name) for name in (*files.values(), *new.extra)}
    text = yaml.safe_dump(
        {"schema_version": 1, **new.fields, "data": data}, sort_keys=False, allow_unicode=True, width=110
    )
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
    counts = {part: len(rows) for part, rows in new.parts.items()}
    (folder / "README.md").write_text(card(new.fields, counts, new.notes), encoding="utf-8")


def _compact(row: Fields) -> Fields:
    return {name: value for name, value in row.items() if value not in ("", [])}


def _beir(row: Fields) -> Fields:
    plain = {"_id": row["id"], "title": row["title"], "text": row["text"]}
    metadata = {name: value for name, value in _compact(row).items() if name not in _BEIR_PLAIN}
    return plain | ({"metadata": metadata} if metadata else {})


def _write_jsonl(path: Path, rows: Iterable[Fields]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def _write_qrels(path: Path, rows: Iterable[Fields]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(BEIR_QRELS.values())
        writer.writerows([row[ours] for ours in BEIR_QRELS] for row in rows)
