"""JSON Lines, CSV, TSV and Parquet."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.rows import Row, decoded, existing
from wild_aieval.errors import UserError

LONGEST_FIELD = 100_000_000
MOST_COLUMNS = 16_384  # as many as a spreadsheet has
_BATCH, _AT_ONCE = 2_000, 512 << 20  # rows, and bytes that they may unpack to


def read_jsonl(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """One JSON object a line; blank lines are skipped."""
    import msgspec

    decode, unreadable = msgspec.json.Decoder().decode, (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
    with existing(path).open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            where = f"{path}, line {number}"
            try:
                fields = decode(raw)
            except unreadable:
                fields = None  # the slower way reads more, such as NaN, and says what is wrong
            try:
                if not fields or type(fields) is not dict:
                    fields = _json_object(raw, where)
                if fields:
                    yield Row(where, fields)
            except RowError as fault:
                faults.skip(fault)


def _json_object(raw: bytes, where: str) -> dict[str, Any] | None:
    line = decoded(raw, where).strip()
    if not line:
        return None
    try:
        fields = json.loads(line)
    except json.JSONDecodeError as error:
        raise RowError(
            where,
            "not valid JSON",
            f"not valid JSON ({error.msg} at column {error.colno}). Each line is one JSON object; "
            "mend or delete this line.",
        ) from None
    except (ValueError, RecursionError) as error:
        raise RowError(where, "not valid JSON", f"not usable JSON ({error}). Mend or delete this line.") from None
    if not isinstance(fields, dict) or not fields:
        found = "an empty one" if fields == {} else type(fields).__name__
        raise RowError(where, "not a JSON object", f"expected a JSON object with fields, found {found}.")
    return fields


def read_csv(path: Path, faults: Faults = STOP, delimiter: str = ",") -> Iterator[Row]:
    """A header line, then one record a line; quoted fields may hold separators and line breaks.

    A place names the line on which the record starts. Bytes that are not UTF-8 and unbalanced quotes
    are never skipped: after them it is unknown where the next record starts.
    """
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(_lines(path), delimiter=delimiter, strict=True)
    start = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        _header_names(header, f"{path}, line 1")
        start = reader.line_num + 1
        for record in reader:
            where, start = f"{path}, line {start}", reader.line_num + 1
            if not record:
                continue
            if len(record) == len(header):
                yield Row(where, dict(zip(header, record, strict=True)))
            else:
                faults.skip(_wrong_width(where, header, record))
    except csv.Error as error:
        raise UserError(
            f"{path}, record that starts at line {start}: not valid quoted text ({error}). "
            "Close the quotes there, and write a quote inside a field twice."
        ) from None


def _lines(path: Path) -> Iterator[str]:
    with existing(path).open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            yield decoded(raw, f"{path}, line {number}")


def _header_names(header: list[str], where: str) -> None:
    if not any(header):
        raise UserError(f"{where}: expected a header line with the names of the columns, found an empty line.")
    if len(header) > MOST_COLUMNS:
        raise UserError(
            f"{where}: {len(header):,} columns, and at most {MOST_COLUMNS:,} are read. Is it the separator?"
        )
    twice = sorted(name for name, count in Counter(header).items() if count > 1)
    if twice:
        raise UserError(f"{where}: the column name '{twice[0]}' stands twice in the header. Rename one of them.")


def _wrong_width(where: str, header: list[str], record: list[str]) -> RowError:
    return RowError(
        where,
        "wrong number of fields",
        f"expected {len(header)} fields ({', '.join(header)}), found {len(record)}. "
        "Quote fields that hold the separator.",
    )


def read_tsv(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """Tab-separated values with a header line, quoted as spreadsheets write them."""
    return read_csv(path, faults, delimiter="\t")


def read_parquet(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """Parquet, streamed in record batches."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    del faults  # a damaged Parquet file cannot be read past the damage
    number = 0
    try:
        with pq.ParquetFile(existing(path)) as file:
            for batch in file.iter_batches(batch_size=_rows_at_once(file)):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(f"{path}, record {number}", fields)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{path}: not a whole Parquet file ({error}). Write it again, or mend data.format.") from None


def _rows_at_once(file: Any) -> int:
    """So many rows that they have room even where each one repeats the largest value that its column can hold.

    A column of a dictionary names a long text a million times in a few bytes.
    """
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    columns = [group.column(number).total_uncompressed_size for group in groups for number in range(group.num_columns)]
    return int(min(_BATCH, max(1, _AT_ONCE // max([1, *columns]))))
