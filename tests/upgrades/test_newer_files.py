"""What a newer program wrote is refused in one paragraph, by file and version, and nothing is touched."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from wild_aieval.cli import main
from wild_aieval.oversight.ledger.canonical import dumped, sha256
from wild_aieval.records import item_statistics

RUN = "runs/words"


def of_json(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"schema_version": 2}), encoding="utf-8")


def of_yaml(file: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(content | {"schema_version": 2}), encoding="utf-8")


def of_last_line(file: Path) -> None:
    *lines, last = file.read_text(encoding="utf-8").splitlines()
    lines.append(json.dumps(json.loads(last) | {"schema_version": 2}))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def of_event(file: Path) -> None:
    """As a newer program would write it: with a field more, and hashed."""
    *lines, last = file.read_bytes().splitlines()
    event = json.loads(last) | {"schema_version": 2, "place": "new"}
    del event["hash"]
    lines.append(dumped(event | {"hash": sha256(dumped(event))}))
    file.write_bytes(b"\n".join(lines) + b"\n")


def of_table(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({"schema_version": "2"}), file)


def of_statistics(file: Path) -> None:
    with np.load(file) as arrays:
        found = dict(arrays)
    content = json.loads(found["content"].tobytes()) | {"schema_version": item_statistics.SCHEMA_VERSION + 1}
    stream = io.BytesIO()
    np.savez(stream, **found | {"content": np.frombuffer(json.dumps(content).encode(), dtype=np.uint8)})
    file.write_bytes(stream.getvalue())


def of_batch(file: Path) -> None:
    of_json(next(file.glob("review/b*/batch.json")))


RESUME, RESCORE = ["resume", RUN], ["rescore", RUN]
COMPARE = ["compare", RUN, "runs/majority", "--tracking", "none", "--out", "new"]
LOG = ["log", RUN, "--uri", "sqlite:///none.db"]
CERTIFY = ["certify", RUN, "--assume-human-labels", "--out", "new.json"]
REPORT, STATUS = ["review", "report", RUN], ["review", "status", RUN]
EXPORT = ["review", "export", RUN, "--reviewer", "eve", "--to", "forms/eve.csv"]
IMPORT = ["review", "import", "forms/ben.csv", "--run", RUN]
USE = ["model=majority", "benchmark=classification/invented", "benchmark_roots=[benchmarks]", "tracking=none"]
USE += ["oversight=certified", f"oversight.certificate={RUN}/certificates.json", "progress=false"]
DESK = ["review", "desk", RUN, "--people"]

# What is newer, how it is made so, and the commands that read it.
CASES: dict[str, tuple[str, Callable[[Path], None], list[list[str]]]] = {
    "runspec": (f"{RUN}/runspec.json", of_json, [RESUME, RESCORE]),
    "summary": (f"{RUN}/summary.json", of_json, [RESUME, RESCORE, COMPARE, LOG, CERTIFY, REPORT, EXPORT]),
    "journal": (f"{RUN}/journal.jsonl", of_last_line, [RESUME, RESCORE]),
    "resources": (f"{RUN}/resources.json", of_json, [RESUME, RESCORE]),
    "predictions": (f"{RUN}/predictions.parquet", of_table, [RESUME, RESCORE, CERTIFY, REPORT, EXPORT]),
    "items": (f"{RUN}/items.parquet", of_table, [RESUME, RESCORE, CERTIFY, LOG]),
    "flags": (f"{RUN}/flags.parquet", of_table, [RESUME, RESCORE, CERTIFY, LOG, REPORT]),
    "statistics": (f"{RUN}/statistics.npz", of_statistics, [RESUME, RESCORE, COMPARE]),
    "certificates": (f"{RUN}/certificates.json", of_json, [USE, REPORT]),
    "batch": (RUN, of_batch, [IMPORT, REPORT, STATUS, EXPORT]),
    "ledger": (
        f"{RUN}/review/ledger-0002.jsonl", of_event, [["review", "verify", RUN], IMPORT, REPORT, STATUS, EXPORT],
    ),
    "manifest": ("benchmarks/classification/invented/benchmark.yaml", of_yaml, [
        RESUME, RESCORE, CERTIFY, ["benchmark", "check", "benchmarks/classification/invented"],
        ["benchmark", "card", "benchmarks/classification/invented"],
    ]),
    "released": ("benchmarks/classification/invented/released/1.0.0.yaml", of_yaml, [
        ["benchmark", "check", "benchmarks/classification/invented"],
    ]),
}  # fmt: skip
PAIRS = [(name, place) for name, (_, _, commands) in CASES.items() for place in range(len(commands))]


def state(office: Path) -> dict[str, str]:
    """Digest by file; locks are empty and hold nothing."""
    files = [file for file in office.rglob("*") if file.is_file() and not file.name.endswith(".lock")]
    return {str(file.relative_to(office)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.parametrize(
    ("name", "place"), PAIRS, ids=[f"{name}-{place}-{CASES[name][2][place][0]}" for name, place in PAIRS]
)
def test_a_newer_file_is_refused_and_nothing_is_touched(
    office: Path,
    name: str,
    place: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    file, make_newer, commands = CASES[name]
    monkeypatch.chdir(office)
    make_newer(office / file)
    before = state(office)
    assert main(commands[place]) == 1
    said = "".join(capsys.readouterr())
    reads = item_statistics.SCHEMA_VERSION if name == "statistics" else 1
    assert f"schema_version is {reads + 1}, this program reads {reads}" in said, said
    assert Path(file).name.partition(".")[0] in said and "install a newer one" in said
    assert "Traceback" not in said and "BROKEN" not in said
    assert state(office) == before
    record_property("newer files refused", 1)


def test_a_newer_list_of_people_is_refused(office: Path) -> None:
    from wild_aieval.review.desk.people import kept
    from wild_aieval.schema_version import OtherVersion

    of_json(office / "people.json")
    (office / "people.json").chmod(0o600)
    with pytest.raises(OtherVersion, match="schema_version is 2"):
        kept(office / "people.json", {"new": "reviewer"})


def test_a_newer_lock_is_refused(office: Path) -> None:
    from wild_aieval.benchmarks import lock
    from wild_aieval.benchmarks.manifest import read_manifest
    from wild_aieval.schema_version import OtherVersion

    folder = office / "pointers" / "classification" / "pointed"
    of_yaml(folder / "benchmark.lock")
    manifest = read_manifest(folder / "benchmark.yaml")
    with pytest.raises(OtherVersion, match=r"benchmark\.lock: schema_version is 2"):
        lock.commit_of(manifest, folder, manifest.data.hub["test"][0])


def test_a_ledger_line_whose_version_was_only_changed_is_broken_not_newer(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_last_line(office / RUN / "review" / "ledger-0002.jsonl")
    assert main(["review", "verify", str(office / RUN)]) == 1
    assert "BROKEN" in capsys.readouterr().out


@pytest.mark.parametrize("stated", [0, -1, True, "1", 1.0, None, [1]], ids=repr)
def test_a_version_that_never_was_is_told_as_damage(
    office: Path, stated: Any, capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    file = office / RUN / "summary.json"
    content = json.loads(file.read_text(encoding="utf-8")) | {"schema_version": stated}
    file.write_text(json.dumps(content), encoding="utf-8")
    before = state(office)
    assert main(["rescore", str(office / RUN)]) == 1
    assert "the file was changed" in capsys.readouterr().err
    assert state(office) == before
    record_property("bad inputs", 1)


def test_fields_that_came_within_a_version_are_left_out(office: Path) -> None:
    run = office / RUN
    for name in ("summary.json", "runspec.json", "resources.json"):
        content = json.loads((run / name).read_text(encoding="utf-8"))
        (run / name).write_text(json.dumps(content | {"added": {"later": 1}}), encoding="utf-8")
    lines = [json.loads(line) | {"added": 1} for line in (run / "journal.jsonl").read_text().splitlines()]
    (run / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert main(["resume", str(run)]) == 0
    assert len((run / "journal.jsonl").read_text().splitlines()) == len(lines)
    assert main(["rescore", str(run)]) == 0
