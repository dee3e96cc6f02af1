"""A ledger in files: whole after any death, one writer at a time, every change of a line found."""

from __future__ import annotations

import datetime
import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger import file as module
from wild_aieval.oversight.ledger import segments
from wild_aieval.oversight.ledger.address import open_ledger
from wild_aieval.oversight.ledger.canonical import canonical
from wild_aieval.oversight.ledger.chain import START, line
from wild_aieval.oversight.ledger.events import Entry
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify

NOON = datetime.datetime(2025, 3, 1, 12, tzinfo=datetime.UTC)


def opened(token: str, actor: str = "anna") -> Entry:
    return Entry("review.opened", actor, "reviewer", {"batch": "b", "token": token})


def filled(path: Path, count: int = 3) -> FileLedger:
    ledger = FileLedger(path)
    for number in range(count):
        ledger.append_many([opened(f"t{number}")])
    return ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "review" / "ledger.jsonl"


def test_an_empty_ledger_has_the_head_of_the_start(path: Path) -> None:
    ledger = FileLedger(path)
    assert ledger.head == (0, START)
    assert list(ledger.events()) == []
    assert not path.parent.exists()


def test_events_come_back_as_they_were_appended(path: Path) -> None:
    ledger = FileLedger(path)
    answer = {"symbols": ["A61B 5/00"], "größe": [1, None, True, "\n\u2028\r"]}
    first = ledger.append("review.first_answer", "anna", "reviewer", {"batch": "b", "token": "t", "answer": answer})
    second = ledger.append("ai.revealed", "anna", "reviewer", {"batch": "b", "token": "t"})
    assert list(FileLedger(path).events()) == [first, second]
    assert FileLedger(path).head == (2, second.hash) == ledger.head
    assert (first.seq, first.prev, second.prev) == (1, START, first.hash)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_is_canonical_json(path: Path) -> None:
    filled(path)
    for raw in path.read_bytes().splitlines(keepends=True):
        assert canonical(json.loads(raw)) + b"\n" == raw


@pytest.mark.parametrize("value", [0.5, float("nan"), 2**53, "\ud800", {1: "x"}, object(), {"deep": [{"er": 1.0}]}])
def test_what_cannot_be_written_in_one_way_only_is_refused_and_leaves_nothing(path: Path, value: Any) -> None:
    ledger = filled(path)
    before = path.read_bytes()
    with pytest.raises(UserError, match="ledger cannot keep"):
        ledger.append("review.opened", "anna", "reviewer", {"batch": "b", "token": "t", "more": value})
    assert path.read_bytes() == before
    assert ledger.append_many([opened("t")])[0].seq == 4


def test_a_file_cut_at_any_byte_opens_with_all_that_was_acknowledged(path: Path) -> None:
    filled(path, 4)
    content = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(content) if byte == 10]
    for size in range(len(content) + 1):
        for evidence in path.parent.glob("*.torn-*"):
            evidence.unlink()
        path.write_bytes(content[:size])
        kept = sum(end <= size for end in ends)
        ledger = FileLedger(path)
        assert ledger.head[0] == kept
        assert len(list(ledger.events())) == kept
        added = ledger.append_many([opened("after")])[0]
        assert added.seq == kept + 1
        assert verify(path).fault is None
        torn = [evidence.read_bytes() for evidence in path.parent.glob("*.torn-*")]
        rest = content[ends[kept - 1] if kept else 0 : size]
        assert torn == ([rest] if rest else [])


def test_a_torn_line_is_told_by_verify_and_not_touched(path: Path) -> None:
    filled(path)
    with path.open("ab") as stream:
        stream.write(b'{"act')
    verdict = verify(path)
    assert verdict.fault is None
    assert verdict.torn == str(path)
    assert path.read_bytes().endswith(b'{"act')
    assert "unfinished" in "\n".join(verdict.lines())


def failing(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """A disk that takes so many bytes."""
    left = [after]
    real = os.write

    def write(descriptor: int, content: Any) -> int:
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(descriptor, bytes(content)[: left[0]])
        left[0] -= written
        return written

    monkeypatch.setattr(module.os, "write", write)


@pytest.mark.parametrize("taken", [0, 1, 200, 400])
def test_a_full_disk_leaves_nothing_half_written(path: Path, monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    ledger = filled(path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        failing(patch, taken)
        with pytest.raises(UserError, match="No space left"):
            ledger.append_many([opened("x"), opened("y")])
    assert path.read_bytes() == before
    assert ledger.append_many([opened("z")])[0].seq == 4
    assert verify(path).events == 4


def test_a_sync_that_fails_is_no_acknowledgement(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = filled(path)
    before = path.read_bytes()

    def fails(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_sync", fails)
        with pytest.raises(UserError, match="Input/output"):
            ledger.append_many([opened("x")])
    assert path.read_bytes() == before
    assert FileLedger(path).head[0] == 3


def test_a_killed_process_loses_nothing_that_was_acknowledged(path: Path) -> None:
    code = """
import sys
from pathlib import Path
from wild_aieval.oversight.ledger.file import FileLedger
ledger = FileLedger(Path(sys.argv[1]))
for number in range(10**6):
    event = ledger.append("review.opened", "anna", "reviewer", {"batch": "b", "token": f"t{number}"})
    print(event.seq, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(40):
        process.stdout.readline()
    process.kill()
    said = [int(number) for number in process.stdout.read().split()]
    process.wait()
    acknowledged = max(said, default=40)
    assert FileLedger(path).head[0] >= acknowledged
    assert verify(path).fault is None


def test_two_processes_take_turns(path: Path) -> None:
    code = """
import sys
from pathlib import Path
from wild_aieval.oversight.ledger.file import FileLedger
ledger = FileLedger(Path(sys.argv[1]))
for number in range(60):
    ledger.append("review.opened", sys.argv[2], "reviewer", {"batch": "b", "token": f"t{number}"})
"""
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("anna", "bob")]
    assert [process.wait(60) for process in processes] == [0, 0]
    events = list(FileLedger(path).events())
    assert [event.seq for event in events] == list(range(1, 121))
    for name in ("anna", "bob"):
        assert [e.payload["token"] for e in events if e.actor == name] == [f"t{number}" for number in range(60)]
    assert verify(path).fault is None


def test_two_open_ledgers_see_each_other(path: Path) -> None:
    one, other = FileLedger(path), FileLedger(path)
    one.append_many([opened("a")])
    assert other.append_many([opened("b")])[0].seq == 2
    assert one.head == other.head
    assert one.append_many([opened("c")])[0].seq == 3


def test_the_time_never_goes_backwards(path: Path) -> None:
    times = iter([NOON, NOON - datetime.timedelta(hours=1), NOON + datetime.timedelta(hours=1)])
    ledger = FileLedger(path, clock=lambda: next(times))
    events = [ledger.append_many([opened(token)])[0] for token in "abc"]
    assert [event.ts[11:16] for event in events] == ["12:00", "12:00", "13:00"]
    assert "11:00" in events[1].payload["clock_note"]
    assert "clock_note" not in events[2].payload
    assert verify(path).fault is None


def _swap(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _rehashed(lines: list[bytes]) -> list[bytes]:
    """A line changed by somebody who knows how hashes are made."""
    import hashlib

    body = json.loads(lines[1])
    del body["hash"]
    body["actor"] = "mallory"
    changed = hashlib.sha256(canonical(body)).hexdigest()
    return [lines[0], canonical({**body, "hash": changed}) + b"\n", *lines[2:]]


def _too_high(lines: list[bytes]) -> list[bytes]:
    """A number after which none could be written, with the hash that belongs to it."""
    body = json.loads(lines[0]) | {"seq": 2**53 - 1}
    return [_forged(body), *lines[1:]]


TAMPERING: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int, str]] = {
    "edited": (lambda lines: [lines[0], lines[1].replace(b"anna", b"anne"), *lines[2:]], 2, "hash"),
    "rehashed": (_rehashed, 3, "prev"),
    "deleted": (lambda lines: [lines[0], *lines[2:]], 2, "seq"),
    "first deleted": (lambda lines: lines[1:], 1, "retired"),
    "swapped": (_swap, 2, "seq"),
    "repeated": (lambda lines: [lines[0], lines[1], lines[1], *lines[2:]], 3, "seq"),
    "blanks": (lambda lines: [lines[0], lines[1].replace(b'":"', b'": "', 1), *lines[2:]], 2, "canonical"),
    "key twice": (lambda lines: [lines[0], b'{"actor":"x",' + lines[1][1:], *lines[2:]], 2, "canonical"),
    "no JSON": (lambda lines: [lines[0], b"\0" * 40 + b"\n", *lines[2:]], 2, "json"),
    "empty line": (lambda lines: [lines[0], b"\n", *lines[1:]], 2, "json"),
    "fraction": (lambda lines: [lines[0], lines[1].replace(b'"seq":2', b'"seq":2.0'), *lines[2:]], 2, "json"),
    "unknown field": (lambda lines: [lines[0], b'{"a":1,' + lines[1][1:], *lines[2:]], 2, "json"),
    "too high": (_too_high, 1, "json"),
    "Windows ends": (lambda lines: [line.replace(b"\n", b"\r\n") for line in lines], 1, "canonical"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_verify_names_the_first_broken_line(path: Path, name: str) -> None:
    filled(path, 5)
    tamper, number, what = TAMPERING[name]
    path.write_bytes(b"".join(tamper(path.read_bytes().splitlines(keepends=True))))
    fault = verify(path).fault
    assert fault is not None
    assert fault.what == what
    assert fault.where.endswith(f"line {number}") or what == "retired"
    with pytest.raises(UserError, match="broken ledger"):
        FileLedger(path).append_many([opened("more")])


def _forged(event: dict[str, Any]) -> bytes:
    import hashlib

    body = {key: value for key, value in event.items() if key != "hash"}
    return canonical({**body, "hash": hashlib.sha256(canonical(body)).hexdigest()}) + b"\n"


@pytest.mark.parametrize(
    ("change", "what"), [({"kind": "review.deleted"}, "kind"), ({"ts": "2001-01-01T00:00:00.000000Z"}, "order")]
)
def test_a_line_that_fits_its_hash_may_be_wrong_all_the_same(path: Path, change: dict[str, Any], what: str) -> None:
    filled(path, 2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + _forged(json.loads(lines[1]) | change))
    fault = verify(path).fault
    assert fault is not None
    assert fault.what == what


def test_an_anchored_head_shows_what_the_chain_alone_cannot(path: Path, tmp_path: Path) -> None:
    ledger = filled(path, 5)
    anchor = ledger.head[1]
    whole = path.read_bytes()
    ledger.append_many([opened("later")])
    assert verify(path, anchor).fault is None
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:3]))
    assert verify(path).fault is None
    cut = verify(path, anchor).fault
    assert cut is not None
    assert cut.what == "anchor"
    path.unlink()
    filled(path, 5)
    assert verify(path).fault is None
    rewritten = verify(path, anchor).fault
    assert rewritten is not None
    assert rewritten.what == "anchor"
    with pytest.raises(UserError, match="64 hexadecimal"):
        verify(path, anchor[:12])


def test_no_ledger_is_no_whole_ledger(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no ledger here"):
        verify(tmp_path / "ledger.jsonl")


class Months:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime.datetime:
        return self.now


@pytest.fixture
def aged(path: Path) -> Iterator[tuple[FileLedger, Months]]:
    """Two sealed files, a year apart, and one in use."""
    clock = Months()
    ledger = FileLedger(path, clock)
    for year in (2022, 2023):
        clock.now = NOON.replace(year=year)
        ledger.append_many([opened("a"), opened("b")])
        ledger.seal("chief")
    clock.now = NOON
    ledger.append_many([opened("c")])
    yield ledger, clock


def test_a_sealed_file_is_continued_by_the_next(path: Path, aged: tuple[FileLedger, Months]) -> None:
    ledger, _ = aged
    assert segments.existing(path) == [1, 2, 3]
    assert [event.seq for event in FileLedger(path).events()] == list(range(1, 8))
    seal = json.loads(path.read_bytes().splitlines()[-1])
    assert seal["kind"] == "segment.sealed"
    assert (seal["payload"]["first"], seal["payload"]["last"]) == (1, 2)
    second = json.loads(segments.segment(path, 2).read_bytes().splitlines()[-1])
    assert (second["payload"]["first"], second["payload"]["last"]) == (4, 5)
    assert FileLedger(path).append_many([opened("d")])[0].seq == 8
    segments.segment(path, 2).unlink()
    fault = verify(path).fault
    assert fault is not None
    assert fault.what == "seq"
    assert ledger.path == path


def test_what_is_old_enough_goes_and_the_chain_holds_from_the_kept_head(
    path: Path, aged: tuple[FileLedger, Months], tmp_path: Path
) -> None:
    ledger, _ = aged
    old_head = json.loads(path.read_bytes().splitlines()[-1])["hash"]
    archive = tmp_path / "archive"
    archive.mkdir()
    assert ledger.retire(24, "chief", archive) == [path]
    assert not path.exists()
    assert (archive / path.name).is_file()
    verdict = verify(path, old_head)
    assert (verdict.fault, verdict.first) == (None, 4)
    assert FileLedger(path).append_many([opened("d")])[0].seq == 9
    assert [event.seq for event in ledger.events()] == list(range(4, 10))
    assert ledger.retire(24, "chief") == []


def test_destroying_is_said_before_it_is_done(
    path: Path, aged: tuple[FileLedger, Months], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, _ = aged

    def fails(file: Path, archive: Path | None) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.retention, "put_away", fails)
        with pytest.raises(KeyboardInterrupt):
            ledger.retire(12, "chief")
    assert path.exists()
    assert verify(path).fault is None
    assert len(ledger.retire(12, "chief")) == 2
    said = [event.payload["how"] for event in ledger.events() if event.kind == "segment.retired"]
    assert said == ["destroyed", "destroyed"]
    assert segments.existing(path) == [3]
    assert verify(path).fault is None


def test_a_ledger_is_kept_six_months_at_least(aged: tuple[FileLedger, Months]) -> None:
    with pytest.raises(UserError, match="too short"):
        aged[0].retire(5, "chief")


def test_nothing_cannot_be_sealed(path: Path) -> None:
    with pytest.raises(UserError, match="nothing to seal"):
        FileLedger(path).seal("chief")


def test_a_file_that_shrinks_while_it_is_open_is_told(path: Path) -> None:
    ledger = filled(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="shorter"):
        ledger.append_many([opened("x")])


def test_the_address_tells_where_a_ledger_is(path: Path) -> None:
    ledger = open_ledger(path)
    assert isinstance(ledger, FileLedger)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(payloads=st.lists(st.dictionaries(texts, plain, max_size=3), min_size=1, max_size=5), data=st.data())
def test_any_plain_payload_is_kept_and_any_changed_byte_is_found(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[dict[str, Any]], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    entries = [
        Entry("review.opened", "anna", "reviewer", {**payload, "batch": "b", "token": "t"}) for payload in payloads
    ]
    made = FileLedger(path).append_many(entries)
    assert list(FileLedger(path).events()) == made
    content = path.read_bytes()
    assert content == b"".join(map(line, made))
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
    path.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
    verdict = verify(path, made[-1].hash)
    assert verdict.fault is not None
