"""A rename that a power loss could take back: after every one the folder is synced, and what is renamed was synced."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.operations import archive
from wild_aieval.operations.inventory import look
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.review import store
from wild_aieval.review.queue import Plan, make_batch
from wild_aieval.review.run import ReviewedRun

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(what, path) of every sync and rename of this process, in order."""
    found: list[tuple[str, str]] = []

    def seen(real: Callable[..., Any], what: str, path: Callable[..., str]) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            where = path(*arguments)
            result = real(*arguments, **named)
            found.append((what, where))
            return result

        return act

    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, seen(getattr(os, name), "sync", lambda fd: os.readlink(f"/proc/self/fd/{fd}")))
    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, seen(getattr(os, name), "rename", lambda old, new: f"{old}|{new}"))
    return found


def undurable(events: list[tuple[str, str]]) -> list[str]:
    """Renames without a sync of the file before, or of the folder after."""
    faults = []
    for number, (what, where) in enumerate(events):
        if what != "rename":
            continue
        old, new = where.split("|")
        if not any(path == old or path.startswith(old + "/") for kind, path in events[:number] if kind == "sync"):
            faults.append(f"{old} was not synced")
        if ("sync", str(Path(new).parent)) not in events[number:]:
            faults.append(f"the folder of {new} was not synced")
    return faults


def test_every_rename_is_synced(place: Any, events: list[tuple[str, str]], record_property: Any) -> None:
    place.classification([{"id": f"d{n}", "text": f"text {n}", "main": "A01B"} for n in range(8)])
    place.run(place.tricky({"d1": "unknown"}))
    run = place.root / "run"
    made = [path for path in events if path == ("sync", str(run))]
    assert made, "the journal is new in its folder"
    ledger = FileLedger(store.default_ledger(run))
    make_batch(ReviewedRun(run), ledger, Plan(audit_least=2, seeds=0))
    file = archive.write(look(run, place.root), place.root / "archives")
    archive.restore(file, place.root / "back")
    ledger.seal("admin")
    (place.root / "old").mkdir()
    renames = [where for what, where in events if what == "rename"]
    names = {Path(where.split("|")[1]).name for where in renames}
    wanted = {"runspec.json", "summary.json", "predictions.parquet", "items.parquet", "flags.parquet", "batch.json"}
    assert wanted <= names
    assert file.name in names
    assert undurable(events) == []
    record_property("durable renames", len(renames))


def test_an_imported_benchmark_is_synced_before_it_has_its_name(
    place: Any, tmp_path: Path, events: list[tuple[str, str]]
) -> None:
    from wild_aieval.cli import main

    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "a plough", "main": "A01B"}\n', encoding="utf-8")
    given = ["--task", "classification", "--name", "fresh", "--to", str(tmp_path / "made")]
    assert main(["benchmark", "import", str(rows), *given]) == 0
    synced = [Path(where).name for what, where in events[:-2] if what == "sync"]
    assert {"test.jsonl", "benchmark.yaml", "README.md"} <= {*synced}
    assert undurable(events) == []


def test_a_file_system_that_cannot_sync_folders_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from wild_aieval import durable

    def refuses(descriptor: int) -> None:
        raise OSError(refuses.number, "no")  # type: ignore[attr-defined]

    monkeypatch.setattr(os, "fsync", refuses)
    refuses.number = errno.EINVAL  # type: ignore[attr-defined]
    durable.sync_folder(tmp_path)
    refuses.number = errno.EIO  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="no"):
        durable.sync_folder(tmp_path)
