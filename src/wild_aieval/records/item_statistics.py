"""``statistics.npz``: what each measure is computed from, item by item, so that runs compare without their benchmark.

Plain numbers and names in NumPy's format, no Python objects. It holds identities, labels of classes and counts,
no texts; where the benchmark is guarded it stays in the run folder like the answers do.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

import numpy as np

from wild_aieval import schema_version
from wild_aieval.errors import UserError
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.packed import Categories, Keys
from wild_aieval.records.run_folder import RunFolder

FILE = "statistics.npz"
SCHEMA_VERSION, OLDEST = 2, 1  # version 1 holds ids, keys, clusters and groups as lists in its JSON
_DAMAGE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, OverflowError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One benchmark of a run: its items in order, their clusters and groups, and each measure's statistics.

    ``groups``: kind of group (language, section, …) to one value per item, '' where it has none.
    """

    benchmark: str
    item_ids: Sequence[str]
    item_keys: Keys
    clusters: Sequence[str] | None
    groups: dict[str, Categories]
    aggregates: dict[str, Aggregate]


def without_labels(found: ItemStatistics) -> ItemStatistics:
    """Statistics that tell neither what an item's label is nor what was suggested, nor whose it is.

    Classes of macro F1 and groups go, clusters are numbered; what is left is enough to compare by the other measures.
    """
    numbers = {name: str(number) for number, name in enumerate(dict.fromkeys(found.clusters or ()))}
    return ItemStatistics(
        found.benchmark,
        found.item_ids,
        found.item_keys,
        None if found.clusters is None else tuple(numbers[name] for name in found.clusters),
        {},
        {name: aggregate for name, aggregate in found.aggregates.items() if not aggregate.columns},
    )


def write(folder: RunFolder, benchmarks: Iterable[ItemStatistics]) -> None:
    """Write the file, whole or not at all."""
    stream = io.BytesIO()
    save(stream, benchmarks)
    folder.write_bytes(FILE, stream.getvalue())


def save(stream: IO[bytes], benchmarks: Iterable[ItemStatistics]) -> None:
    """Write the content of the file."""
    arrays: dict[str, Any] = {}
    listed = []
    for number, found in enumerate(benchmarks):
        listed.append(
            {
                "benchmark": found.benchmark,
                "clustered": found.clusters is not None,
                "groups": {kind: values.names for kind, values in found.groups.items()},
                "measures": [_described(name, aggregate) for name, aggregate in found.aggregates.items()],
            }
        )
        arrays |= _texts(f"{number}.ids", found.item_ids) | {f"{number}.keys": _from_hex(found.item_keys)}
        arrays |= {} if found.clusters is None else _texts(f"{number}.clusters", found.clusters)
        arrays |= {f"{number}.{kind}": values.codes for kind, values in found.groups.items()}
        for place, aggregate in enumerate(found.aggregates.values()):
            arrays |= _arrays(f"{number}.{place}", aggregate.rows)
    content = json.dumps({"schema_version": SCHEMA_VERSION, "benchmarks": listed}, ensure_ascii=False)
    np.savez_compressed(stream, content=np.frombuffer(content.encode("utf-8"), dtype=np.uint8), **arrays)


def read(folder: RunFolder) -> dict[str, ItemStatistics]:
    """By benchmark; UserError where the file is missing, damaged or of another version."""
    file = folder.path / FILE
    again = f"Write it again with: python -m wild_aieval rescore {folder.path}"
    try:
        with file.open("rb") as stream:
            return load(stream, str(file), again)
    except FileNotFoundError:
        problem = "there is no such file; the run is not finished, or an older version wrote it"
    except OSError as error:
        problem = f"cannot be read ({error})"
    raise UserError(f"{file}: {problem}. {again}") from None


def load(stream: IO[bytes], where: str, remedy: str = "Ask for it again.") -> dict[str, ItemStatistics]:
    """The content of the file by benchmark; UserError where it is damaged or of another version."""
    try:
        with np.load(stream, allow_pickle=False) as arrays:
            content = json.loads(arrays["content"].tobytes())
            version = content["schema_version"]
            schema_version.check(version, SCHEMA_VERSION, where, OLDEST)
            named = _named_1 if version == 1 else _named
            return {
                entry["benchmark"]: _read(entry, str(number), arrays, named(entry, str(number), arrays))
                for number, entry in enumerate(content["benchmarks"])
            }
    except _DAMAGE as error:
        raise UserError(f"{where}: cannot be read ({error}). {remedy}") from None


def _described(name: str, aggregate: Aggregate) -> dict[str, Any]:
    return {
        "name": name,
        "form": aggregate.form,
        "signature": aggregate.signature,
        "columns": aggregate.columns,
        "sparse": not isinstance(aggregate.rows, np.ndarray),
    }


def _arrays(prefix: str, rows: Any) -> dict[str, Any]:
    if isinstance(rows, np.ndarray):
        return {f"{prefix}.rows": rows}
    from scipy.sparse import csr_array

    flat = csr_array(rows)
    return {
        f"{prefix}.data": flat.data,
        f"{prefix}.indices": flat.indices,
        f"{prefix}.indptr": flat.indptr,
        f"{prefix}.shape": np.array(flat.shape),
    }


class _Named(NamedTuple):
    """What is known of the items besides their figures."""

    ids: Sequence[str]
    keys: Keys
    clusters: Sequence[str] | None
    groups: dict[str, Categories]


def _read(entry: Mapping[str, Any], number: str, arrays: Mapping[str, Any], named: _Named) -> ItemStatistics:
    aggregates = {}
    for place, measure in enumerate(entry["measures"]):
        prefix = f"{number}.{place}"
        if measure["sparse"]:
            parts = tuple(arrays[f"{prefix}.{part}"] for part in ("data", "indices", "indptr"))
            from scipy.sparse import csr_array

            rows: Any = csr_array(parts, shape=tuple(arrays[f"{prefix}.shape"]))
        else:
            rows = arrays[f"{prefix}.rows"]
        if rows.shape[0] != len(named.ids):
            raise ValueError(f"{measure['name']} has {rows.shape[0]} rows for {len(named.ids)} items")
        columns = tuple(measure["columns"])
        aggregates[measure["name"]] = Aggregate(measure["form"], rows, measure["signature"], columns)
    return ItemStatistics(entry["benchmark"], *named, aggregates)


def _named(entry: Mapping[str, Any], number: str, arrays: Mapping[str, Any]) -> _Named:
    return _Named(
        _as_texts(f"{number}.ids", arrays),
        Keys(key.hex() for key in map(bytes, arrays[f"{number}.keys"])),
        _as_texts(f"{number}.clusters", arrays) if entry["clustered"] else None,
        {kind: Categories(names, arrays[f"{number}.{kind}"]) for kind, names in entry["groups"].items()},
    )


def _named_1(entry: Mapping[str, Any], number: str, arrays: Mapping[str, Any]) -> _Named:
    groups = {kind: Categories.of(values) for kind, values in entry["groups"].items()}
    return _Named(entry["item_ids"], Keys(entry["item_keys"]), entry["clusters"], groups)


def _texts(name: str, texts: Sequence[str]) -> dict[str, Any]:
    """Texts of any length as two arrays: their bytes in UTF-8, and where each ends."""
    whole, ends = bytearray(), array("q")
    for text in texts:
        whole += text.encode("utf-8")
        ends.append(len(whole))
    return {f"{name}.bytes": np.frombuffer(whole, dtype=np.uint8), f"{name}.ends": np.array(ends, dtype=np.int64)}


def _as_texts(name: str, arrays: Mapping[str, Any]) -> list[str]:
    whole, ends = arrays[f"{name}.bytes"].tobytes(), arrays[f"{name}.ends"].tolist()
    return [whole[start:end].decode("utf-8") for start, end in zip([0, *ends], ends, strict=False)]


def _from_hex(keys: Keys) -> Any:
    """Digests as bytes; shape (items, 32)."""
    return np.frombuffer(bytes.fromhex(keys.array.tobytes().decode()), dtype=np.uint8).reshape(len(keys), 32)
