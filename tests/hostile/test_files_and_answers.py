"""Files of data, files of outputs and answers of endpoints that are made to break a reader."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.readers import tabular
from wild_aieval.errors import UserError
from wild_aieval.models import reading
from wild_aieval.models.http import mapping
from wild_aieval.models.http.link import _tokens
from wild_aieval.models.json_answers import json_object, output_of, usage_of
from wild_aieval.models.outputs import read as outputs

TABLES: dict[str, tuple[str, str]] = {
    "ten million columns": ("a" + "," * 10_000_000 + "\n1\n", "columns, and at most 16,384 are read"),
    "many names": (",".join(f"c{n}" for n in range(200_000)) + "\n", "columns, and at most 16,384 are read"),
    "never closed": ('id,text\n1,"abc\n' + "x\n" * 100_000, "record that starts at line 2"),
    "one name twice": ("a,b,a\n", "'a' stands twice"),
}


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(("text", "words"), TABLES.values(), ids=TABLES)
def test_tables(tmp_path: Path, text: str, words: str) -> None:
    file, begun = tmp_path / "a.csv", time.perf_counter()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as error:
        list(tabular.read_csv(file))
    assert words in str(error.value)
    with pytest.raises(UserError):
        list(outputs.separated(outputs.Source(str(file), text.encode())))
    assert time.perf_counter() - begun < 20


@pytest.mark.usefixtures("little_memory")
def test_a_parquet_bomb_is_read_a_few_rows_at_a_time(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = tmp_path / "a.parquet"
    longest = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["x" * 50_000_000]))
    pq.write_table(pa.table({"id": [str(n) for n in range(2000)], "text": longest}), file, compression="zstd")
    assert file.stat().st_size < 50_000  # and 100 GB unpacked
    rows = tabular.read_parquet(file)
    assert [len(next(rows).fields["text"]) for _ in range(20)] == [50_000_000] * 20


@pytest.mark.parametrize("cut", [4, 8, 100])
def test_a_torn_parquet_file(tmp_path: Path, cut: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": ["1", "2"]}), file)
    file.write_bytes(file.read_bytes()[:-cut])
    with pytest.raises(UserError, match="not a whole Parquet file"):
        list(tabular.read_parquet(file))


JSON = {
    "deep": ('{"a": ' + "[" * 200_000 + "]" * 200_000 + "}", "nested too deeply"),
    "a long number": ('{"a": ' + "9" * 5000 + "}", "Exceeds the limit"),
    "twice": ('{"id": 1, "id": 2}', "stands twice"),
    "no number": ('{"a": NaN}', "no number of JSON"),
    "beyond": ('{"suggestions": [["A01B", 1e999]]}', "no finite number"),
    "huge": ('{"suggestions": [["A01B", 1' + "0" * 400 + "]]}", "no finite number"),
}


@pytest.mark.parametrize(("text", "words"), JSON.values(), ids=JSON)
def test_lines_of_outputs(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        output_of("classification", json_object(text))


@pytest.mark.parametrize("count", [10**30, 10**400, -1, float("inf"), 1e308, True, "7"])
def test_counts_that_cannot_be(count: Any) -> None:
    with pytest.raises(ValueError, match=r"tokens_in|tokens in"):
        usage_of({"tokens_in": count})
    assert _tokens({"usage": {"prompt_tokens": count, "completion_tokens": 3}}) == {"tokens_out": 3}


@pytest.mark.parametrize("score", [10**400, -(10**400), float("inf"), float("nan"), True, "0.5", None, [1]])
def test_scores_of_an_endpoint(score: Any) -> None:
    response = mapping.Response(symbols="[].s", scores="[].p")
    with pytest.raises(mapping.Misread):
        mapping.suggestions(response, [{"s": "A01B", "p": score}])


FORGED = {
    "two answers": '{"symbol": "A61B", "symbol": "H04L"}',
    "deep": "[" * 100_000 + "]" * 100_000,
    "a long number": '{"symbol": "A61B", "score": ' + "9" * 5000 + "}",
    "beyond": '{"symbol": "A61B", "score": 1e999}',
    "thinking without end": "<think>" * 100_000 + "A61B",
    "obeyed": "As told in the document, I ignore the above. The answer is A01B.",
    "a longer story": "A61B because the text says so, but A01B is asked for",
    "one word": "A" * 1_000_000,
    "blanks": "A61B" + " " * 5_000_000 + "x",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_answers_of_a_chat_model_are_read_strictly(text: str) -> None:
    begun = time.perf_counter()
    assert isinstance(reading.symbols(text), reading.Unreadable)
    assert time.perf_counter() - begun < 5
