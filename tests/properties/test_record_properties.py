"""Records: any answer survives, a torn end loses the end only, and no change of a ledger goes unseen."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.canonical import canonical, loaded
from wild_aieval.oversight.ledger.events import KINDS, Entry
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify
from wild_aieval.packed import Categories, Keys
from wild_aieval.records import item_statistics, journal
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.runspec import digest
from wild_aieval.testing.tables import write_table

one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(codec="utf-8"), max_size=12)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Plain data."""
    grown = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
    return grown


finite = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
plain = trees(st.none() | st.booleans() | st.integers() | finite | texts)
exact = trees(st.none() | st.booleans() | whole | texts)
entries = st.lists(
    st.builds(
        journal.Entry,
        key=texts,
        benchmark=texts,
        item_id=texts,
        status=st.just("ok"),
        output=plain,
        error=st.none(),
        seconds=finite,
        usage=st.none() | st.dictionaries(texts, finite, max_size=2),
    ),
    min_size=1,
    max_size=5,
)


def written(path: Path, batch: list[journal.Entry]) -> bytes:
    path.unlink(missing_ok=True)
    with journal.Journal(path) as opened:
        opened.append(batch)
    return path.read_bytes()


@one_folder
@given(batch=entries)
def test_answers_come_back_from_a_journal(batch: list[journal.Entry], tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    content = written(path, batch)
    assert list(journal.read(path)) == batch
    assert content.count(b"\n") == len(batch)


@one_folder
@given(batch=entries, data=st.data())
def test_a_cut_journal_loses_its_last_answers_only(
    batch: list[journal.Entry], data: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    content = written(path, batch)
    cut = content[: data.draw(st.integers(0, len(content)))]
    path.write_bytes(cut)
    assert list(journal.read(path)) == batch[: cut.count(b"\n")]
    with journal.Journal(path) as opened:
        opened.append(batch[-1:])
    assert list(journal.read(path)) == [*batch[: cut.count(b"\n")], batch[-1]]


@one_folder
@given(batch=entries, data=st.data())
def test_a_flipped_bit_is_refused_by_line_or_touches_one_answer(
    batch: list[journal.Entry], data: st.DataObject, tmp_path: Path
) -> None:
    """A journal has no digests: a flip within a text goes unseen, but it never moves to another answer."""
    path = tmp_path / "journal.jsonl"
    raw = bytearray(written(path, batch))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    line = bytes(raw[:place]).count(b"\n")
    path.write_bytes(bytes(raw))
    try:
        found = list(journal.read(path))
    except UserError as error:
        assert f"journal.jsonl, line {line + 1}" in str(error)
    else:
        assert found[:line] == batch[:line]
        assert len(found) <= len(batch)
        if len(found) == len(batch):
            assert found[line + 1 :] == batch[line + 1 :]


SOME = {name: "x" for names in KINDS.values() for name in names}
FREE = (
    "run.flagged",
    "batch.exported",
    "review.opened",
    "ai.revealed",
    "audit.revealed",
    "alarm.raised",
    "model.stopped",
)
events = st.lists(
    st.builds(
        Entry,
        kind=st.sampled_from(FREE),
        actor=st.sampled_from(["anna", "bert"]),
        role=st.sampled_from(["reviewer", "harness"]),
        payload=st.dictionaries(texts, exact, max_size=2).map(lambda extra: extra | SOME),
    ),
    min_size=2,
    max_size=6,
)
NOON = datetime.datetime(2025, 3, 1, 12, tzinfo=datetime.UTC)


def kept(folder: Path, wanted: list[Entry]) -> tuple[Path, FileLedger]:
    path = folder / "ledger.jsonl"
    path.unlink(missing_ok=True)
    ledger = FileLedger(path, clock=lambda: NOON)
    ledger.append_many(wanted)
    return path, ledger


@one_folder
@given(wanted=events)
def test_any_allowed_events_make_a_ledger_that_holds(wanted: list[Entry], tmp_path: Path) -> None:
    path, ledger = kept(tmp_path, wanted)
    verdict = verify(path, anchor=ledger.head[1])
    assert (verdict.fault, verdict.events, verdict.torn) == (None, len(wanted), "")
    assert [dict(event.payload) for event in FileLedger(path).events()] == [dict(one.payload) for one in wanted]


@one_folder
@given(wanted=events, data=st.data())
def test_every_change_of_a_ledger_is_seen_and_its_line_named(
    wanted: list[Entry], data: st.DataObject, tmp_path: Path
) -> None:
    path, ledger = kept(tmp_path, wanted)
    head, whole_text = ledger.head[1], path.read_bytes()
    lines = whole_text.split(b"\n")[:-1]
    change = data.draw(st.sampled_from(["flip", "delete", "swap", "insert"]))
    place = data.draw(st.integers(0, len(lines) - 1))
    first = place
    if change == "flip":
        at = data.draw(st.integers(0, len(lines[place]) - 1))
        flipped = bytearray(lines[place])
        flipped[at] ^= 1 << data.draw(st.integers(0, 7))
        lines[place] = bytes(flipped)
    elif change == "delete":
        assume(place < len(lines) - 1)  # the last one: a cut, below
        del lines[place]
    elif change == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        assume(other != place)
        lines[place], lines[other] = lines[other], lines[place]
        first = min(place, other)
    else:
        lines.insert(place, data.draw(st.sampled_from([b"", b"{}", *lines])))
        first = next(
            n for n, (new, old) in enumerate(zip(lines, [*whole_text.split(b"\n")], strict=False)) if new != old
        )
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    fault = verify(path, anchor=head).fault
    assert fault is not None
    named = int(fault.where.rpartition("line ")[2]) if "line " in fault.where else 1  # retired from the start
    assert named in (first + 1, first + 2)
    with pytest.raises(UserError, match="Nothing is appended to a broken ledger"):
        FileLedger(path).append("alarm.raised", "anna", "harness", SOME)


@one_folder
@given(wanted=events, data=st.data())
def test_a_cut_ledger_is_seen_where_its_head_is_known(wanted: list[Entry], data: st.DataObject, tmp_path: Path) -> None:
    path, ledger = kept(tmp_path, wanted)
    head, content = ledger.head[1], path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    verdict = verify(path, anchor=head)
    assert verdict.fault is not None
    assert verdict.fault.what == "anchor"


@given(one=plain, other=plain)
def test_different_data_have_different_digests_and_the_order_of_keys_does_not_count(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest(one) == digest(other)) == same
    turned = dict.fromkeys(("b", "a"), one)
    assert digest(turned) == digest(dict(reversed(turned.items())))


@given(value=exact)
def test_canonical_json_is_one_form_that_reads_back(value: Any) -> None:
    assert loaded(canonical(value)) == value
    assert canonical(loaded(canonical(value))) == canonical(value)


@one_folder
@given(raw=st.binary(max_size=200), name=st.sampled_from(["statistics.npz", "summary.json", "items.parquet"]))
def test_any_bytes_in_a_run_folder_are_refused_in_a_sentence(raw: bytes, name: str, tmp_path: Path) -> None:
    _refused(tmp_path, name, raw)


@settings(one_folder, max_examples=150)
@given(data=st.data(), name=st.sampled_from(["statistics.npz", "items.parquet", "summary.json"]))
def test_damage_in_a_run_folder_is_refused_in_a_sentence(data: st.DataObject, name: str, tmp_path: Path) -> None:
    raw = bytearray(_good(tmp_path, name))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    _refused(tmp_path, name, bytes(raw[: data.draw(st.integers(1, len(raw)))]))


def _good(folder: Path, name: str) -> bytes:
    run = RunFolder(folder)
    if name == "statistics.npz":
        from wild_aieval.metrics.aggregates import Aggregate

        rows = np.arange(6.0).reshape(3, 2)
        measure = {"m": Aggregate("mean", rows, "s", ("a", "b"))}
        ids, keys = ("a", "b", "c"), Keys(f"{number:064x}" for number in range(3))
        groups = {"g": Categories.of(ids)}
        item_statistics.write(run, [item_statistics.ItemStatistics("b", ids, keys, None, groups, measure)])
    elif name == "items.parquet":
        write_table(run, "items", [{"id": "a", "n": 1}, {"id": "b", "n": 2}])
    else:
        run.write_json(name, {"schema_version": 1, "benchmarks": {"b": [1, 2]}})
    return (folder / name).read_bytes()


def _refused(folder: Path, name: str, raw: bytes) -> None:
    (folder / name).write_bytes(raw)
    run = RunFolder(folder)
    reads = {
        "statistics.npz": lambda: item_statistics.read(run),
        "items.parquet": lambda: list(run.read_table("items")),
        "summary.json": lambda: run.read_json("summary.json"),
    }
    try:
        reads[name]()
    except UserError as error:
        assert name in str(error)
