"""``statistics.npz``: what each measure is computed from, item by item, so that runs compare without their benchmark.

Plain numbers and names in NumPy's format, no Python objects. It holds identities, labels of classes and counts,
no texts; where the benchmark is guarded it stays in the run folder like the answers do.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from wild_aieval import schema_version
from wild_aieval.errors import UserError
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.records.run_folder import SCHEMA_VERSION, RunFolder

FILE = "statistics.npz"
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
    item_ids: tuple[str, ...]
    item_keys: tuple[str, ...]
    clusters: tuple[str, ...] | None
    groups: dict[str, tuple[str, ...]]
    aggregates: dict[str, Aggregate]


def write(folder: RunFolder, benchmarks: Iterable[ItemStatistics]) -> None:
    """Write the file, whole or not at all."""
    arrays: dict[str, Any] = {}
    listed = []
    for number, found in enumerate(benchmarks):
        listed.append(
            {
                "benchmark": found.benchmark,
                "item_ids": found.item_ids,
                "item_keys": found.item_keys,
                "clusters": found.clusters,
                "groups": found.groups,
                "measures": [_described(name, aggregate) for name, aggregate in found.aggregates.items()],
            }
        )
        for place, aggregate in enumerate(found.aggregates.values()):
            arrays |= _arrays(f"{number}.{place}", aggregate.rows)
    content = json.dumps({"schema_version": SCHEMA_VERSION, "benchmarks": listed}, ensure_ascii=False)
    stream = io.BytesIO()
    np.savez_compressed(stream, content=np.frombuffer(content.encode("utf-8"), dtype=np.uint8), **arrays)
    folder.write_bytes(FILE, stream.getvalue())


def read(folder: RunFolder) -> dict[str, ItemStatistics]:
    """By benchmark; UserError where the file is missing, damaged or of another version."""
    file = folder.path / FILE
    try:
        with np.load(file, allow_pickle=False) as arrays:
            content = json.loads(arrays["content"].tobytes())
            schema_version.check(content["schema_version"], SCHEMA_VERSION, file)
            return {
                entry["benchmark"]: _read(entry, str(number), arrays)
                for number, entry in enumerate(content["benchmarks"])
            }
    except FileNotFoundError:
        problem = "there is no such file; the run is not finished, or an older version wrote it"
    except _DAMAGE as error:
        problem = f"cannot be read ({error})"
    raise UserError(f"{file}: {problem}. Write it again with: python -m wild_aieval rescore {folder.path}") from None


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
    flat = csr_array(rows)
    return {
        f"{prefix}.data": flat.data,
        f"{prefix}.indices": flat.indices,
        f"{prefix}.indptr": flat.indptr,
        f"{prefix}.shape": np.array(flat.shape),
    }


def _read(entry: Mapping[str, Any], number: str, arrays: Mapping[str, Any]) -> ItemStatistics:
    aggregates = {}
    for place, measure in enumerate(entry["measures"]):
        prefix = f"{number}.{place}"
        if measure["sparse"]:
            parts = tuple(arrays[f"{prefix}.{part}"] for part in ("data", "indices", "indptr"))
            rows: Any = csr_array(parts, shape=tuple(arrays[f"{prefix}.shape"]))
        else:
            rows = arrays[f"{prefix}.rows"]
        if rows.shape[0] != len(entry["item_ids"]):
            raise ValueError(f"{measure['name']} has {rows.shape[0]} rows for {len(entry['item_ids'])} items")
        columns = tuple(measure["columns"])
        aggregates[measure["name"]] = Aggregate(measure["form"], rows, measure["signature"], columns)
    clusters = entry["clusters"]
    groups = {kind: tuple(values) for kind, values in entry["groups"].items()}
    return ItemStatistics(
        entry["benchmark"],
        tuple(entry["item_ids"]),
        tuple(entry["item_keys"]),
        None if clusters is None else tuple(clusters),
        groups,
        aggregates,
    )
