"""The search for planted sentences finds them in every form, so that not finding one means something."""

from __future__ import annotations

import base64
import gzip
import html
import importlib.util
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

_SPEC = importlib.util.spec_from_file_location("searching", Path(__file__).with_name("searching.py"))
assert _SPEC is not None and _SPEC.loader is not None
searching = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(searching)

SENTENCE = "the café lantern & its <brass> turnip escapement"


def _zipped(text: str) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, content=np.frombuffer(text.encode(), dtype=np.uint8))
    return stream.getvalue()


def _table(text: str) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({"a": [text] * 3}), stream, compression="zstd")
    return stream.getvalue()


FORMS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-16-le": lambda text: b"\0" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "json": lambda text: json.dumps({"a": text}).encode(),
    "json-in-json": lambda text: json.dumps({"a": json.dumps(text, ensure_ascii=False)}, ensure_ascii=False).encode(),
    "json-in-json, escaped": lambda text: json.dumps({"a": json.dumps({"b": text})}).encode(),
    "html": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace"),
    "percent": lambda text: quote(text).encode(),
    "base64": lambda text: b"data:" + base64.b64encode(text.encode()),
    "gzip": lambda text: gzip.compress(text.encode()),
    "npz": _zipped,
    "parquet": _table,
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_is_found(form: str) -> None:
    assert searching.held(FORMS[form](f"before {SENTENCE} after"), [SENTENCE, "not there"]) == {SENTENCE}


def test_rows_of_a_database_and_names_of_files_are_looked_at(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("create table t (a text)")
        database.execute("insert into t values (?)", ["x" * 5000 + SENTENCE + "y" * 5000])
    (tmp_path / "a quiet walrus.txt").write_text("nothing")
    where, files = searching.found([tmp_path], [SENTENCE, "a quiet walrus"])
    assert files == 2 and where == {SENTENCE: {"a.db"}, "a quiet walrus": {"a quiet walrus.txt"}}


def test_nothing_is_found_where_nothing_is(tmp_path: Path, record_property: Any) -> None:
    (tmp_path / "a").write_text("the lantern alone")
    assert searching.found([tmp_path], [SENTENCE])[0] == {SENTENCE: set()}
    record_property("forms of hiding a sentence that are searched", len(FORMS))
