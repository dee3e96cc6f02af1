"""Columns of Arrow made from plain values, without pyarrow's own conversion, which imports pandas where it is there.

What comes out equals ``pyarrow.Table.from_pylist`` with the same schema; other kinds of values raise TypeError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np

Values = Sequence[Any]


def table(rows: Sequence[Mapping[str, Any]], schema: Any) -> Any:
    """Rows as a table; a row that lacks a column has null there."""
    import pyarrow as pa

    columns = [column([row.get(name) for row in rows], schema.field(name).type) for name in schema.names]
    return pa.Table.from_arrays(columns, schema=schema)


def column(values: Values, kind: Any) -> Any:
    """An array of text, numbers, truth values, or lists and records of them; None is null."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        return _texts(values, kind)
    if pa.types.is_boolean(kind):
        return _filled(values, kind, lambda known: _bits(_exact(known, bool, np.bool_)), fallback=False)
    if pa.types.is_float64(kind):
        return _filled(values, kind, lambda known: np.array(known, dtype=np.float64), fallback=0.0)
    if pa.types.is_list(kind):
        inner = column(list(chain.from_iterable(value or () for value in values)), kind.value_type)
        return pa.Array.from_buffers(kind, len(values), [_known(values), _offsets(values)], children=[inner])
    if pa.types.is_struct(kind):
        children = [
            column([None if value is None else value.get(field.name) for value in values], field.type) for field in kind
        ]
        return pa.Array.from_buffers(kind, len(values), [_known(values)], children=children)
    raise TypeError(f"no column of {kind}")


def _texts(values: Values, kind: Any) -> Any:
    import pyarrow as pa

    encoded = [b"" if value is None else value.encode("utf-8") for value in _exact(values, str)]
    content = b"".join(encoded)
    if len(content) >= 2**31:
        raise OverflowError("more than two gigabytes of text in one group of rows")
    return pa.Array.from_buffers(kind, len(values), [_known(values), _offsets(encoded), pa.py_buffer(content)])


def _filled(values: Values, kind: Any, packed: Any, fallback: Any) -> Any:
    import pyarrow as pa

    known = packed([fallback if value is None else value for value in values])
    return pa.Array.from_buffers(kind, len(values), [_known(values), pa.py_buffer(known)])


def _exact(values: Values, *kinds: type) -> Values:
    """The values, which are of these kinds or None."""
    for value in values:
        if value is not None and not isinstance(value, kinds):
            raise TypeError(f"expected {kinds[0].__name__}, found {type(value).__name__}")
    return values


def _known(values: Values) -> Any:
    """The bitmap of what is not null; None where nothing is."""
    import pyarrow as pa

    return pa.py_buffer(_bits([value is not None for value in values])) if None in values else None


def _bits(values: Values) -> Any:
    return np.packbits(np.array(values, dtype=np.bool_), bitorder="little")


def _offsets(values: Values) -> Any:
    import pyarrow as pa

    ends = accumulate((0 if value is None else len(value) for value in values), initial=0)
    return pa.py_buffer(np.fromiter(ends, dtype=np.int32, count=len(values) + 1))
