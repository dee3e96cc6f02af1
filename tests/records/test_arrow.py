"""Columns made from plain values are those that pyarrow makes, without pandas."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wild_aieval.records import arrow
from wild_aieval.records.tables import _schema

SCHEMA = _schema({"text": "string", "number": "double", "fits": "bool", "reasons": "reasons"})
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.none() | st.floats(allow_nan=False) | st.integers(-(2**50), 2**50)
REASONS = st.lists(
    st.fixed_dictionaries({"code": TEXTS, "kind": TEXTS, "value": NUMBERS, "limit": NUMBERS}), max_size=3
)
COLUMNS = {"text": TEXTS, "number": NUMBERS, "fits": st.none() | st.booleans(), "reasons": st.none() | REASONS}
ROWS = st.lists(st.fixed_dictionaries({}, optional=COLUMNS), max_size=20)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_as_pyarrow_makes_them(rows: list[dict[str, Any]]) -> None:
    made = arrow.table(rows, SCHEMA)
    made.validate(full=True)
    theirs = pa.Table.from_pylist(rows, schema=SCHEMA)
    assert made.equals(theirs, check_metadata=True) and made.to_pylist() == theirs.to_pylist()


def test_what_is_no_number_stays_so() -> None:
    (value,) = arrow.column([float("nan")], pa.float64()).to_pylist()
    assert value != value


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1], pa.string()), (["yes"], pa.bool_()), ([0], pa.bool_()), (["x"], pa.float64()), ([1], pa.int8())],
)
def test_other_values_are_refused(values: list[Any], kind: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        arrow.column(values, kind)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        arrow.column(["\ud800"], pa.string())


def test_pandas_is_not_imported() -> None:
    code = (
        "import sys, pathlib, tempfile; from wild_aieval.records.tables import Table, TableWriter\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    file = pathlib.Path(folder) / 't.parquet'; writer = TableWriter(file, {'a': 'string', 'r': 'reasons'})\n"
        "    writer.add([{'a': 'x', 'r': [{'code': 'y', 'kind': 'z', 'value': 1.0, 'limit': None}]}]); writer.close()\n"
        "    assert len(list(Table(file))) == 1; print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
