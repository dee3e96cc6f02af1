"""Identity: what exactly is measured. The only place that makes keys for journal, cache and resume.

A key is the SHA-256 of canonical JSON. Whatever changes an answer is in it (model settings and
revision, weights, prompt, library version, benchmark version, item content, training data or corpus,
seed); what cannot change an answer (paths of the checkout, batch size, device, log level) is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class BenchmarkIdentity:
    """A benchmark as it was measured; ``digest`` covers every row that was read.

    ``revision``: data sets of the hub with their commits, ``id@commit``. ``unlocked``: those read from a copy whose
    commit is not known, so that nobody else can tell whether they measured the same.
    """

    task: str
    name: str
    version: str
    digest: str
    confidentiality: str
    path: str
    revision: str = ""
    unlocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything that a run measures, written before work starts.

    ``settings``: the resolved settings. ``model``: what identifies the candidate (see
    ``model_identity``). ``context``: facts that do not enter keys (versions, machine, time).
    """

    settings: dict[str, Any]
    model: dict[str, Any]
    benchmarks: tuple[BenchmarkIdentity, ...]
    context: dict[str, Any]
    schema_version: int = SCHEMA_VERSION

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``runspec.json``."""
        return asdict(self)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of plain data (sorted keys, no spaces, UTF-8, no NaN)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_files(folder: Path) -> str:
    """SHA-256 over the names and bytes of a file or of all files in a folder, whatever its path.

    Folders that are links are walked too, for what is read through them counts; a link to a folder that it lies in
    is left out.
    """
    files = [folder] if folder.is_file() else sorted(_files_below(folder, frozenset()))
    total = hashlib.sha256()
    for file in files:
        name = file.name if file == folder else file.relative_to(folder).as_posix()
        total.update(name.encode("utf-8") + b"\0")
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _files_below(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    real = folder.resolve()
    for path in folder.iterdir() if real not in above else ():
        if path.is_dir():
            yield from _files_below(path, above | {real})
        elif path.is_file():
            yield path


def model_identity(
    kind: str, adapter: int, settings: Mapping[str, Any], facts: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """What makes two candidates the same one.

    ``adapter``: the revision of the code that asks it; ``settings``: those that can change an answer;
    ``facts``: what the adapter found out (digest of weights, versions of the libraries that compute the answer).
    """
    return {"kind": kind, "adapter": adapter, "settings": dict(settings), "facts": dict(facts), "seed": seed}


def item_key(benchmark: BenchmarkIdentity, item: Mapping[str, Any]) -> str:
    """Identity of one item: the same id with another content is another item."""
    return digest(["item", benchmark.task, benchmark.name, benchmark.version, item])


def prediction_key(item: str, model: Mapping[str, Any], context: str) -> str:
    """Identity of one answer; ``context`` digests what else the model saw (training data, corpus, depth)."""
    return digest(["prediction", item, model, context])


def digest_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """Digest of a sequence of rows, in order, without holding their JSON at once: of the digests of the rows."""
    import msgspec

    encode = msgspec.json.Encoder(order="sorted").encode
    total = hashlib.sha256()
    for row in rows:
        # Both ways write the same bytes but for fractions, and only one of them is quick.
        one = hashlib.sha256(encode(row)).hexdigest() if _no_fractions(row) else digest(row)
        total.update(one.encode("ascii"))
    return total.hexdigest()


def _no_fractions(row: Mapping[str, Any]) -> bool:
    """Whether all values are text, whole numbers or lists of text."""
    for value in row.values():
        kind = type(value)
        if kind is not str and kind is not int and not (kind is list and all(type(part) is str for part in value)):
            return False
    return True
