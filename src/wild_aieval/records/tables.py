"""Tables of a run folder: Parquet, written and read some rows at a time, so that a million rows need little memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from wild_aieval import durable, schema_version
from wild_aieval.errors import UserError
from wild_aieval.packed import View
from wild_aieval.records import arrow

SCHEMA_VERSION = 1
ROWS = 8_192  # of a row group: what is in memory at a time
Row = dict[str, Any]
Columns = Mapping[str, str]  # name to type: string, double, bool, or reasons
_VERSION = b"schema_version"
_DAMAGE = (OSError, ValueError, LookupError, NotImplementedError, OverflowError)  # what pyarrow says of broken files


class TableWriter:
    """``file`` comes whole, when it is closed, or not at all. Rows may lack columns; those are null."""

    def __init__(self, file: Path, columns: Columns) -> None:
        import pyarrow.parquet as pq

        self._file, self._partial = file, file.with_name(f".{file.name}.part")
        self._schema = _schema(columns)
        self._rows: list[Mapping[str, Any]] = []
        self._stream = self._partial.open("wb")
        plain = [name for name in columns if not name.endswith("key")]  # digests do not repeat
        self._writer: Any = pq.ParquetWriter(self._stream, self._schema, compression="zstd", use_dictionary=plain)

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """The next rows."""
        self._rows.extend(rows)
        while len(self._rows) >= ROWS:
            self._write(self._rows[:ROWS])
            self._rows = self._rows[ROWS:]

    def close(self) -> None:
        """Write what is left and put the file in its place."""
        if self._rows:
            self._write(self._rows)
        self._writer.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        durable.put(self._partial, self._file)

    def drop(self) -> None:
        """Leave what was there; after ``close`` this does nothing."""
        self._rows = []
        with suppress(OSError):
            self._writer.close()
        self._writer.is_open = False  # else it tries again when it is forgotten
        self._stream.close()
        self._partial.unlink(missing_ok=True)

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._writer.write_table(arrow.table(rows, self._schema))


class Table(View[Row]):
    """Rows of a Parquet file, read when they are looked at; ``only`` keeps those of one benchmark.

    Raises:
        UserError: for a file that is damaged or of another version.
    """

    def __init__(self, file: Path, span: range | None = None) -> None:
        self._file = file
        self._parquet = _opened(file)
        self._span = range(self._parquet.metadata.num_rows) if span is None else span
        self._group: tuple[range, Any] = (range(0), None)

    def __len__(self) -> int:
        return len(self._span)

    def __iter__(self) -> Iterator[Row]:
        return self.rows()

    def _at(self, place: int) -> Row:
        number = self._span[place]
        if number not in self._group[0]:
            self._group = next((rows, self._read(group)) for group, rows in self._groups() if number in rows)
        rows, table = self._group
        return self._plain(table.slice(number - rows.start, 1))[0]

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[Row]:
        """All rows in order, with all columns or some."""
        for group, rows in self._groups():
            shared = range(max(rows.start, self._span.start), min(rows.stop, self._span.stop))
            if shared:
                table = self._read(group, columns).slice(shared.start - rows.start, len(shared))
                for batch in table.to_batches(max_chunksize=ROWS):
                    yield from self._plain(batch)

    def column(self, name: str) -> list[Any]:
        """The values of one column; None for each row where the table has no such column."""
        if name not in self._parquet.schema_arrow.names:
            return [None] * len(self)
        return [row[name] for row in self.rows([name])]

    def only(self, benchmark: str) -> Table:
        """The rows of one benchmark, which stand together."""
        names = self.column("benchmark")
        count = names.count(benchmark)
        start = self._span.start + (names.index(benchmark) if count else 0)
        return Table(self._file, range(start, start + count))

    def copy(self, file: Path, without: Sequence[str] = ()) -> None:
        """Write these rows as a file of their own, ``without`` some columns."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        whole = self._parquet.schema_arrow
        kept = [name for name in whole.names if name not in without]
        schema = pa.schema([whole.field(name) for name in kept], metadata=whole.metadata)
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for group, rows in self._groups():
                shared = range(max(rows.start, self._span.start), min(rows.stop, self._span.stop))
                if shared:
                    writer.write_table(self._read(group, kept).slice(shared.start - rows.start, len(shared)))

    def _groups(self) -> Iterator[tuple[int, range]]:
        start = 0
        for group in range(self._parquet.metadata.num_row_groups):
            stop = start + self._parquet.metadata.row_group(group).num_rows
            yield group, range(start, stop)
            start = stop

    def _read(self, group: int, columns: Sequence[str] | None = None) -> Any:
        try:
            wanted = None if columns is None else list(columns)
            return self._parquet.read_row_group(group, columns=wanted, use_threads=False)  # threads need memory, too
        except _DAMAGE as error:
            raise _damaged(self._file, error) from None

    def _plain(self, table: Any) -> list[Row]:
        try:
            rows: list[Row] = table.to_pylist()
        except _DAMAGE as error:
            raise _damaged(self._file, error) from None
        return rows


def _opened(file: Path) -> Any:
    import pyarrow.parquet as pq

    if not file.is_file():
        raise UserError(f"{file}: there is no such table; the run is not finished. Continue it with 'resume'.")
    try:
        parquet = pq.ParquetFile(file)
    except _DAMAGE as error:
        raise _damaged(file, error) from None
    version = (parquet.schema_arrow.metadata or {}).get(_VERSION, b"?").decode()
    schema_version.check(int(version) if version.isdecimal() else version, SCHEMA_VERSION, file)
    return parquet


def _damaged(file: Path, error: Exception) -> UserError:
    said = next(iter(str(error).splitlines()), type(error).__name__)
    return UserError(
        f"{file}: cannot be read as Parquet ({said}). The journal keeps every answer; write the tables again with: "
        f"python -m wild_aieval rescore {file.parent}"
    )


def _schema(columns: Columns) -> Any:
    import pyarrow as pa

    reason = pa.struct([("code", pa.string()), ("kind", pa.string()), ("value", pa.float64()), ("limit", pa.float64())])
    types = {"string": pa.string(), "double": pa.float64(), "bool": pa.bool_(), "reasons": pa.list_(reason)}
    fields = [(name, types[kind]) for name, kind in columns.items()]
    return pa.schema(fields, metadata={_VERSION: str(SCHEMA_VERSION).encode()})
