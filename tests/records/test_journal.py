"""The journal: nothing is lost, nothing is believed that is damaged, the disk may be full."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.packed import Keys
from wild_aieval.records.journal import Answers, Entry, Journal, read, unfit


def entry(key: str, output: Any = "ja", status: str = "ok") -> Entry:
    return Entry(key, "b", f"item {key}", status, output, None if status == "ok" else "no", 0.5)


def answered(path: Path) -> dict[str, bool]:
    """Whether each known key has an answer, by key."""
    keys = Keys(dict.fromkeys(found.key for found in read(path)))
    answers = Answers(path)
    assert answers.known(keys).all() and len(answers) == len(keys)
    return dict(zip(keys, answers.answered(keys).tolist(), strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of three entries."""
    file = tmp_path / "run" / "journal.jsonl"
    file.parent.mkdir()
    with Journal(file) as journal:
        journal.append([entry("1"), entry("2", [["A", 0.5]])])
        journal.append([entry("3", None, "error")])
    return file


def test_what_was_appended_is_read_again(path: Path) -> None:
    assert list(read(path)) == [entry("1"), entry("2", [["A", 0.5]]), entry("3", None, "error")]
    assert answered(path) == {"1": True, "2": True, "3": False}


def test_text_of_all_kinds_survives(path: Path) -> None:
    text = 'zwei\nZeilen, "Anführung", \u2028 \x00 \x1f 日本 \U0001f600'
    with Journal(path) as journal:
        journal.append([entry("4", text)])
    assert [found.output for found in read(path)][-1] == text


def test_there_is_no_journal_yet(tmp_path: Path) -> None:
    assert list(read(tmp_path / "none.jsonl")) == []


def test_a_torn_tail_is_cut_wherever_the_power_went(path: Path) -> None:
    whole = path.read_bytes()
    third = whole.rfind(b"\n", 0, -1) + 1
    for length in range(third, len(whole)):
        path.write_bytes(whole[:length])
        assert [found.key for found in read(path)] == ["1", "2"]
        with Journal(path) as journal:
            assert journal.before.known(Keys("123")).tolist() == [True, True, False]
            journal.append([entry("3", None, "error")])
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "damage",
    [
        b'{"key": "2"',
        b"\x00\x00\x00",
        b'{"key": "2"}',
        b"5",
        b"[]",
        b'"text"',
        b"",
        b"\xff\xfe",
        b'{"schema_version": 1, "key": "\\ud800", "benchmark": "b", "item_id": "i", "status": "ok", "output": 1, '
        b'"error": null, "seconds": 1}',
        b'{"schema_version": 1, "key": "2", "benchmark": "b", "item_id": "i", "status": "ok", "output": 1}',
    ],
)
def test_a_damaged_line_is_named_by_its_number(path: Path, damage: bytes) -> None:
    rows = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([rows[0], damage, *rows[2:]]))
    with pytest.raises(UserError, match=r"journal\.jsonl, line 2: not an entry of a journal"):
        Journal(path)


def test_another_schema_version_is_refused(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(json.dumps(row | {"schema_version": 2}) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(UserError, match=r"line 1.*schema_version is 2, this program reads 1"):
        list(read(path))


def test_the_last_entry_of_a_key_counts(path: Path) -> None:
    with Journal(path) as journal:
        journal.append([entry("1", "later")])
        journal.append([entry("3", "better")])
    assert [found.output for found in Answers(path).entries(Keys("321"))] == ["better", [["A", 0.5]], "later"]
    assert answered(path) == {"1": True, "2": True, "3": True}


class FullDisk:
    """A raw stream that takes some bytes and then says that the disk is full."""

    def __init__(self, room: int) -> None:
        self.room, self.written = room, b""

    def write(self, content: memoryview) -> int:
        taken = bytes(content[: min(7, self.room)])
        if not taken:
            raise OSError(28, "No space left on device")
        self.room -= len(taken)
        self.written += taken
        return len(taken)

    def fileno(self) -> int:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        pass


def test_a_full_disk_is_a_readable_error_with_the_command_that_resumes(path: Path) -> None:
    with pytest.raises(UserError) as caught, Journal(path) as journal:
        journal._stream.close()
        journal._stream = FullDisk(20)  # type: ignore[assignment]
        journal.append([entry("4")])
    assert "No space left on device" in str(caught.value)
    assert str(caught.value).endswith(f"python -m wild_aieval resume {path.parent}")
    assert "4" not in answered(path)


def test_a_stream_that_takes_a_few_bytes_at_a_time_gets_them_all(path: Path) -> None:
    from wild_aieval.records.journal import os as journal_os

    stream = FullDisk(10_000)
    with Journal(path) as journal:
        kept, journal._stream = journal._stream, stream  # type: ignore[assignment]
        kept.close()
        stream.fileno = path.parent.stat  # type: ignore[assignment,method-assign]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(journal_os, "fdatasync", lambda _: None)
            journal.append([entry("4")])
    assert json.loads(stream.written)["key"] == "4"


def test_a_real_limit_of_the_file_size_leaves_whole_entries_and_one_readable_error(path: Path) -> None:
    code = f"""
import resource
from pathlib import Path
from wild_aieval.errors import UserError
from wild_aieval.records.journal import Entry, Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    with Journal(Path({str(path)!r})) as journal:
        for number in range(100):
            journal.append([Entry(f"new {{number}}", "b", "i", "ok", "x" * 50, None, 0.0)])
except UserError as error:
    print("readable", error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("readable")
    assert done.stderr == ""
    with Journal(path) as journal:
        journal.append([entry("again")])
    assert {"1", "2", "3", "new 0", "again"} < set(answered(path))


@pytest.mark.parametrize(
    "output", [float("nan"), [["A", float("inf")]], {"text": "\ud800"}, {"text": b"bytes"}, object(), {("a",): 1}]
)
def test_what_is_no_plain_data_is_told(output: Any) -> None:
    assert str(unfit(output)).startswith("the answer is no plain data: ")


@pytest.mark.parametrize("output", [[], [["A61B", 0.5]], {"text": "é\n", "score": None}, ""])
def test_plain_data_is_fit(output: Any) -> None:
    assert unfit(output) is None
