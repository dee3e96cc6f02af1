"""BEIR folders (corpus.jsonl, queries.jsonl, qrels.tsv) and TREC qrels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.rows import Row, decoded, existing
from wild_aieval.benchmarks.readers.tabular import read_jsonl, read_tsv
from wild_aieval.errors import UserError

BEIR_QRELS = {"query_id": "query-id", "document_id": "corpus-id", "grade": "score"}


def read_beir_texts(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """``{"_id", "title", "text", "metadata": {...}}`` a line; metadata becomes plain fields.

    ``metadata.family_id`` is known as ``family`` as well.
    """
    for row in read_jsonl(path, faults):
        fields = row.fields
        metadata = fields.pop("metadata", None) or {}
        if not isinstance(metadata, Mapping):
            found = type(metadata).__name__
            faults.skip(RowError(row.where, "metadata", f"'metadata' is expected to be an object, found {found}."))
            continue
        flat = {**metadata, **fields, "id": fields.get("_id", fields.get("id"))}
        if "family_id" in metadata:
            flat.setdefault("family", metadata["family_id"])
        yield Row(row.where, flat)


def read_beir_qrels(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """Tab-separated ``query-id corpus-id score`` with that header; the score may be a category (X, Y, A)."""
    for row in read_tsv(path, faults):
        missing = [name for name in BEIR_QRELS.values() if name not in row.fields]
        if missing:
            raise UserError(
                f"{path}, line 1: expected the header 'query-id<TAB>corpus-id<TAB>score', missing {', '.join(missing)}."
            )
        yield Row(row.where, {ours: row.fields[theirs] for ours, theirs in BEIR_QRELS.items()})


def read_trec_qrels(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """``query 0 document grade`` separated by blanks; further columns (such as a language) are ignored."""
    with existing(path).open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            where = f"{path}, line {number}"
            try:
                parts = decoded(raw, where).split()
                if parts and len(parts) < 4:
                    detail = f"expected 'query 0 document grade', found {len(parts)} columns."
                    raise RowError(where, "wrong number of columns", detail)
            except RowError as fault:
                faults.skip(fault)
                continue
            if parts:
                yield Row(where, {"query_id": parts[0], "document_id": parts[2], "grade": parts[3]})
