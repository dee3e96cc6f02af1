"""A folder in which every ``*.json`` file is one row, as HUPD publishes applications."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.rows import Row, decoded
from wild_aieval.errors import UserError


def read_json_files(path: Path, faults: Faults = STOP) -> Iterator[Row]:
    """One row a file, in the order of the names, from all folders below ``path``."""
    files = sorted(file for file in path.rglob("*.json") if file.is_file()) if path.is_dir() else []
    if not files:
        raise UserError(f"{path}: expected a folder with files '*.json', one for each row. Mend data.files.")
    for file in files:
        try:
            fields = json.loads(decoded(file.read_bytes(), str(file)))
            if not isinstance(fields, dict) or not fields:
                detail = f"expected one JSON object with fields, found {type(fields).__name__}."
                raise RowError(str(file), "not a JSON object", detail)
        except (ValueError, RecursionError) as error:
            faults.skip(RowError(str(file), "not valid JSON", f"not valid JSON ({error}). Mend or delete the file."))
            continue
        except RowError as fault:
            faults.skip(fault)
            continue
        yield Row(str(file), fields)
