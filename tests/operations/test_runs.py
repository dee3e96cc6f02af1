"""Runs listed, pruned, archived and restored: nothing that is needed goes, nothing comes back changed."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from wild_aieval.cli import main

Make = Callable[..., Path]
Record = Callable[[str, object], None]


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["runs", "list", "--json", *words]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def pruned(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, tuple[bool, str]]:
    capsys.readouterr()
    assert main(["runs", "prune", "--json", *words]) == 0
    return {row["run"]: (row["goes"], row["why"]) for row in json.loads(capsys.readouterr().out)}


def content(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.endswith(".lock")]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_each_run_has_its_state(root: Path, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    make("2026-11-01/a", "words", days=9)
    (make("2026-11-02/b", days=8) / "summary.json").unlink()
    (make("2026-11-03/c", days=7) / "summary.json").write_text("{", encoding="utf-8")
    newer = make("2026-11-04/d", days=6) / "summary.json"
    newer.write_text(newer.read_text(encoding="utf-8").replace('"schema_version": 1', '"schema_version": 2'))
    resumed = make("2026-11-05/e", days=5) / "runspec.json"
    spec = json.loads(resumed.read_text(encoding="utf-8"))
    spec["context"]["created"] = "2026-11-22T00:00:00+00:00"
    resumed.write_text(json.dumps(spec), encoding="utf-8")
    (root / "sweeps" / "f").mkdir(parents=True)
    (root / "sweeps" / "f" / "failure.txt").write_text("no weights here", encoding="utf-8")
    (root / "cache" / "g").mkdir(parents=True)
    (root / "cache" / "g" / "runspec.json").write_text("{}", encoding="utf-8")
    with FileLock(make("2026-11-06/h", days=4) / ".lock"):
        rows = {row["name"]: row for row in listed(capsys)}
    states = {name[-1]: row["state"] for name, row in rows.items()}
    assert states == {"a": "finished", "b": "unfinished", "c": "damaged", "d": "newer", "e": "unfinished",
                      "f": "unfinished", "h": "running"}  # fmt: skip
    first = rows["2026-11-01/a"]
    assert first["model"] == "words" and first["benchmarks"] == ["classification/invented"]
    assert first["events"] > 0 and first["certificates"] and not first["logged"] and first["bytes"] > 50_000
    assert first["figures"][0]["measure"] == "subclass.first_guess.main"
    assert rows["2026-11-02/b"]["next"].startswith("python -m wild_aieval resume ")
    assert "install a newer one" in rows["2026-11-04/d"]["problem"] and "no weights" in rows["sweeps/f"]["problem"]
    assert main(["runs", "list"]) == 0 and "7 runs" in capsys.readouterr().out
    assert main(["runs", "show", "2026-11-03/c"]) == 1
    assert main(["runs", "show", "2026-11-01/a"]) == 0 and "people reviewed it" in capsys.readouterr().out


def test_filters(root: Path, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    make("a", "words", days=40)
    make("b", "ranking", days=20)
    make("c", "copy", days=1)

    def names(*words: str) -> str:
        return "".join(sorted(row["name"] for row in listed(capsys, *words)))

    assert names() == "abc" and names("--model", "w*") == "a" and names("--benchmark", "search/*") == "b"
    assert names("--older-than", "30d") == "a" and names("--older-than", "2w") == "ab"
    assert names("--older-than", "36h") == "ab" and names("--state", "unfinished") == ""


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--older-than", "soon"], ["list", "--older-than", "-3d"], ["list", "--root", "nowhere"],
        ["prune"], ["prune", "--keep-last", "-1"], ["prune", "--keep-days", "1e9"], ["show", "nothing"],
        ["prune", "--keep-last", "1", "--force", "because"], ["archive", "nothing", "--to", "x"],
        ["restore", "nothing.tar.zst"], ["list", "--state", "lost"], ["sweep"], [],
    ],
    ids=lambda words: "-".join(words) or "nothing",
)  # fmt: skip
def test_wrong_words(root: Path, words: list[str], capsys: pytest.CaptureFixture[str], record_property: Record) -> None:
    assert main(["runs", *words]) == 1
    said = capsys.readouterr().err
    assert said.strip() and "Traceback" not in said
    record_property("bad inputs", 1)


def test_the_last_of_each_candidate_on_each_benchmark_stay(
    root: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in (1, 2, 3):
        make(f"majority-{day}", days=day)
    make("copy-9", "copy", days=9)
    (make("open-4", days=4) / "summary.json").unlink()
    before = content(root)
    found = pruned(capsys, "--keep-last", "1")
    assert {name for name, (goes, _) in found.items() if goes} == {"majority-2", "majority-3"}
    assert "unfinished" in found["open-4"][1] and content(root) == before  # a dry run
    found = pruned(capsys, "--keep-last", "0", "--keep-days", "2.5")
    assert {name for name, (goes, _) in found.items() if goes} == {"majority-3", "copy-9", "open-4"}
    assert pruned(capsys, "--keep-last", "1", "--model", "copy*") == {"copy-9": (False, found_why(1))}
    pruned(capsys, "--keep-last", "1", "--yes")
    assert sorted(row["name"] for row in listed(capsys)) == ["copy-9", "majority-1", "open-4"]
    notes = [json.loads(line) for line in (root / "pruned.jsonl").read_text().splitlines()]
    assert {note["run"] for note in notes} == {"majority-2", "majority-3"}


def found_why(last: int) -> str:
    return f"among the last {last} of its candidate on a benchmark"


def test_what_others_refer_to_stays_unless_a_reason_is_written(
    root: Path, make: Make, capsys: pytest.CaptureFixture[str], record_property: Record
) -> None:
    second = make("second", days=30)
    make("first", "copy", days=1, second_system=str(second))
    certified = make("certified", "words", days=30)
    for name in ("review/ledger.jsonl", "review/ledger-0002.jsonl"):
        (certified / name).unlink()
    next(certified.glob("review/*/batch.json")).unlink()
    make("user", "ranking", days=1, certificate=str(make("issuer", days=30) / "certificates.json"))
    make("reviewed", "words", days=30)
    with FileLock(make("busy", days=30) / ".lock"):
        words = ("--keep-days", "7", "--yes")
        found = pruned(capsys, *words)
        assert not any(goes for goes, _ in found.values())
        assert "first refers to it" in found["second"][1] and "certificates" in found["certified"][1]
        assert "user refers to it" in found["issuer"][1] and "people reviewed" in found["reviewed"][1]
        found = pruned(capsys, *words, "--force", "the project ended in May")
        assert not found["busy"][0] and (root / "busy").is_dir()
    assert {row["name"] for row in listed(capsys)} == {"busy", "first", "user"}
    notes = [json.loads(line) for line in (root / "pruned.jsonl").read_text().splitlines()]
    assert {note["forced_because"] for note in notes} == {"the project ended in May"}
    record_property("protected runs kept", 5)


def test_damaged_newer_and_future_runs_are_never_pruned(
    root: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    (make("damaged", days=99) / "summary.json").write_text("{", encoding="utf-8")
    spec = make("newer", days=99) / "runspec.json"
    spec.write_text(spec.read_text(encoding="utf-8").replace('"schema_version": 1', '"schema_version": 7'))
    make("future", days=-400)
    found = pruned(capsys, "--keep-days", "0", "--yes", "--force", "all of it")
    assert [goes for goes, _ in found.values()] == [False] * 3
    assert "clock" in found["future"][1]


def test_links_out_of_the_root_are_not_followed(
    root: Path, make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    make("a", days=9).rename(elsewhere)
    (root / "a").symlink_to(elsewhere)
    (make("b", days=9) / "link").symlink_to(elsewhere)
    pruned(capsys, "--keep-days", "1", "--yes")
    assert not (root / "b").exists() and len(content(elsewhere)) > 5


@pytest.mark.parametrize("form", ["zst", "gz"])
def test_an_archive_goes_out_and_comes_back(
    root: Path, make: Make, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make("2026-11-01/a", "words", days=9, confidentiality="shared-scores")
    before, to = content(folder), tmp_path / "archives"
    batch = next(folder.glob("review/*/batch.json"))
    batch.chmod(0o600)
    assert main(["runs", "archive", "2026-11-01/a", "--to", str(to), "--format", form, "--remove"]) == 0
    (file,) = to.iterdir()
    assert file.name == f"2026-11-01_a.shared-scores.tar.{form}" and file.stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(file.read_bytes()).hexdigest() in capsys.readouterr().out
    assert not folder.parent.exists() and "archived" in (root / "pruned.jsonl").read_text()
    assert main(["runs", "restore", str(file)]) == 0
    assert content(folder) == before and batch.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert main(["review", "verify", str(folder)]) == 0
    assert main(["runs", "restore", str(file)]) == 1 and "there already" in capsys.readouterr().err
    assert content(folder) == before and not list(root.glob(".restoring*"))


def test_what_must_not_be_archived_or_removed(
    root: Path, make: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    used, to = make("used"), str(tmp_path / "to")
    make("user", "copy", second_system=str(used))
    assert main(["runs", "archive", "used", "--to", to, "--remove"]) == 1
    assert "user refers to it" in capsys.readouterr().err and used.is_dir() and not Path(to).exists()
    assert main(["runs", "archive", "used", "--to", str(used / "in")]) == 1
    with FileLock(used / ".lock"):
        assert main(["runs", "archive", "used", "--to", to]) == 1
    (used / "link").symlink_to("/etc/hostname")
    assert main(["runs", "archive", "used", "--to", to]) == 1
    assert "not archived" in capsys.readouterr().err
    assert not [file for file in Path(to).glob("*") if file.is_file()]


def pack(file: Path, manifest: Any, members: Sequence[tuple[str, bytes | None]]) -> None:
    """An archive as an attacker could write it; None as content: a link to /etc."""
    with tarfile.open(file, "w:gz") as tar:
        for name, data in [("MANIFEST.json", json.dumps(manifest).encode()), *members]:
            info = tarfile.TarInfo(name)
            if data is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc"
            else:
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data or b""))


def entry(path: str, data: bytes = b"x", **changes: Any) -> dict[str, Any]:
    return {"path": path, "size": len(data), "mode": 0o644, "sha256": hashlib.sha256(data).hexdigest()} | changes


HOSTILE: dict[str, tuple[dict[str, Any], list[tuple[str, bytes | None]]]] = {
    "climbs": ({"files": [entry("../../evil")]}, [("run/../../evil", b"x")]),
    "absolute": ({"files": [entry("/tmp/evil")]}, [("run//tmp/evil", b"x")]),
    "run climbs": ({"run": "../evil", "files": [entry("a")]}, [("run/a", b"x")]),
    "run absolute": ({"run": "/evil", "files": [entry("a")]}, [("run/a", b"x")]),
    "run is nothing": ({"run": "", "files": [entry("a")]}, [("run/a", b"x")]),
    "link": ({"files": [entry("a", b"")]}, [("run/a", None)]),
    "link, then through it": ({"files": [entry("a", b""), entry("a/b")]}, [("run/a", None), ("run/a/b", b"x")]),
    "unnamed member": ({"files": [entry("a")]}, [("run/a", b"x"), ("run/b", b"x")]),
    "twice": ({"files": [entry("a")]}, [("run/a", b"x"), ("run/a", b"x")]),
    "missing": ({"files": [entry("a"), entry("b")]}, [("run/a", b"x")]),
    "other content": ({"files": [entry("a")]}, [("run/a", b"y")]),
    "larger": ({"files": [entry("a")]}, [("run/a", b"x" * 9)]),
    "no files": ({"files": None}, []),
    "names are numbers": ({"files": [entry("a") | {"path": 1}]}, [("run/a", b"x")]),
    "a list": ({"files": [["a"]]}, [("run/a", b"x")]),
    "newer": ({"schema_version": 2, "files": [entry("a")]}, [("run/a", b"x")]),
    "device": ({"files": [entry("a\0b")]}, [("run/a", b"x")]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_leave_nothing(
    root: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], record_property: Record
) -> None:
    changes, members = HOSTILE[name]
    pack(tmp_path / "x.tar.gz", {"schema_version": 1, "run": "r", "confidentiality": "open", **changes}, members)
    before = sorted(tmp_path.rglob("*"))
    assert main(["runs", "restore", str(tmp_path / "x.tar.gz")]) == 1
    said = capsys.readouterr().err
    assert "unexpected" not in said and ("no whole archive" in said or "install a newer one" in said)
    assert sorted(tmp_path.rglob("*")) == before
    record_property("bad inputs", 1)


@pytest.mark.parametrize("form", ["zst", "gz"])
@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "text"])
def test_damaged_archives_leave_nothing(
    root: Path, make: Make, tmp_path: Path, form: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make("a")
    assert main(["runs", "archive", "a", "--to", str(tmp_path / "to"), "--format", form, "--remove"]) == 0
    (file,) = (tmp_path / "to").iterdir()
    whole = bytearray(file.read_bytes())
    middle = len(whole) // 2
    whole[middle] ^= 0xFF
    kinds = {"cut": bytes(whole[: middle - 9]), "changed": bytes(whole), "empty": b"", "text": b"no archive" * 99}
    file.write_bytes(kinds[damage])
    assert main(["runs", "restore", str(file)]) == 1
    assert "unexpected" not in capsys.readouterr().err
    assert not folder.exists() and not list(root.glob(".restoring*"))
