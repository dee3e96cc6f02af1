"""Per-item statistics from elsewhere, looked at before anything is computed from them.

A program that does not keep to the rules may send arrays that claim more memory than there is, or places outside of an
array, at which compiled code would read whatever lies there. And figures must be those that the statistics give.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from wild_aieval.bundles.file import plainly_packed
from wild_aieval.errors import UserError
from wild_aieval.metrics.aggregates import FORMS, Aggregate
from wild_aieval.records import item_statistics
from wild_aieval.records.item_statistics import ItemStatistics

_MOST_ARRAYS, _MOST_BYTES = 20_000, 2 << 30
_WIDTHS = {"ratio": 2, "f1": 3, "bleu": 10, "ter": 2}
_CLOSE = 1e-9  # sums may be added up in another order
_DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


def load(raw: bytes, where: str) -> dict[str, ItemStatistics]:
    """The statistics by benchmark; UserError for arrays that are not what they say."""
    try:
        _arrays(raw)
        found = item_statistics.load(io.BytesIO(raw), where)
        for one in found.values():
            _of_items(one)
        _nothing_else(raw, found)
    except _DAMAGE as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{where}: the statistics of items are not sound ({error}). Nothing is taken.") from None
    return found


def give(entry: Mapping[str, Any], found: ItemStatistics, where: str) -> None:
    """UserError where the figures of a result are not those that its statistics give."""
    if len(found.item_ids) != entry["counts"]["asked"]:
        raise _other(where, entry, f"statistics of {len(found.item_ids)} items", f"{entry['counts']['asked']} asked")
    for name, aggregate in found.aggregates.items():
        value = aggregate.value()
        said = (entry["measures"].get(name) or {"value": None})["value"]
        if said is None or not math.isclose(value, said, rel_tol=_CLOSE, abs_tol=_CLOSE):
            raise _other(where, entry, f"statistics by which {name} is {value:.6g}", f"{name} {said}")


def _other(where: str, entry: Mapping[str, Any], found: str, said: str) -> UserError:
    return UserError(
        f"{where}: {entry['model']} on {entry['benchmark']}: the bundle holds {found}, and its summary says {said}. "
        "Nothing is taken; ask the office to score the run again (rescore) and to export it anew."
    )


def _arrays(raw: bytes) -> None:
    """Each array is as long as its head says, before room is made for it."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = archive.infolist()
        if len(members) > _MOST_ARRAYS or len({one.filename for one in members}) < len(members):
            raise ValueError(f"{len(members):,} arrays, or one twice")
        if (total := sum(one.file_size for one in members)) > _MOST_BYTES:
            raise ValueError(f"its arrays would take {total:,} bytes, {_MOST_BYTES:,} are the most")
        for one in members:
            plainly_packed(one)
            with archive.open(one) as stream:
                version = np.lib.format.read_magic(stream)
                reads = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
                shape, _, kind = reads[version](stream)
                if kind.kind not in "biuf" or math.prod(shape) * kind.itemsize != one.file_size - stream.tell():
                    raise ValueError(f"the array '{one.filename[:40]}' is not as long as it says")


def _nothing_else(raw: bytes, found: Mapping[str, ItemStatistics]) -> None:
    """What is read is all that is there: written again, it has the same arrays and says the same of them."""
    again = io.BytesIO()
    item_statistics.save(again, found.values())
    sent, own = (np.load(io.BytesIO(one), allow_pickle=False) for one in (raw, again.getvalue()))
    if extra := set(sent.files) ^ set(own.files):
        raise ValueError(f"the array '{min(extra)[:40]}' is one that no statistics have, or is missing")
    said, expected = (json.loads(one["content"].tobytes()) for one in (sent, own))
    if said != expected:
        raise ValueError("its description has fields that no statistics have, or lacks some")


def _of_items(found: ItemStatistics) -> None:
    items = len(found.item_ids)
    lengths = [len(found.item_keys), *(len(one) for one in found.groups.values())]
    lengths += [] if found.clusters is None else [len(found.clusters)]
    if not items or any(length != items for length in lengths):
        raise ValueError(f"{items} items, and lists of {sorted(set(lengths))}")
    if min(len(set(found.item_ids)), len(set(found.item_keys))) < items:
        raise ValueError("an item is there twice")
    for kind, one in found.groups.items():
        if one.codes.dtype.kind not in "iu" or one.codes.min() < 0 or one.codes.max() >= len(one.names):
            raise ValueError(f"the groups '{kind[:40]}' name what is not there")
    for name, aggregate in found.aggregates.items():
        _of_measure(name, aggregate)


def _of_measure(name: str, aggregate: Aggregate) -> None:
    rows, form, columns = aggregate.rows, aggregate.form, aggregate.columns
    if form not in FORMS:
        raise ValueError(f"{name[:60]} has the unknown form '{form[:20]}'")
    if rows.ndim != 2:
        raise ValueError(f"{name[:60]} has rows in {rows.ndim} dimensions")
    width = 3 * len(columns) if form == "macro_f1" else _WIDTHS.get(form, rows.shape[1])
    unsorted = len(set(columns)) < len(columns) or (columns and form != "macro_f1")
    if rows.shape[1] != width or rows.shape[1] % (3 if form == "chrf" else 1) or unsorted:
        raise ValueError(f"{name[:60]} has {rows.shape[-1]} columns, expected {width} for the form {form}")
    dense = isinstance(rows, np.ndarray)
    if not dense:
        rows.check_format(full_check=True)
    values = rows if dense else rows.data
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"{name[:60]} has values that are no counts and no shares")
