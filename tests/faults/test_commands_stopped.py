"""SIGTERM and SIGKILL in the commands beside a run: what they write is whole or not there; given again, they do it."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from wild_aieval.operations import archive
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify
from wild_aieval.review import store

ROWS = [{"id": f"n{n}", "text": f"another text {n}", "main": "A01B"} for n in range(40)]
# Where in the events of a whole command (0 to 1), and on which side of the event.
POINTS = ((0.0, "before"), (0.5, "after"), (1.0, "before"))
DEADLY = ((0.25, "after"), (0.8, "before"))


class Command(NamedTuple):
    """What is given in a scene, and a look at what must hold at any time; it says how far the command got."""

    given: Callable[[Path], list[str]]
    look: Callable[[Any, Path], str]
    done: str


@pytest.fixture(scope="module")
def ground(forge: Any) -> Path:
    """Two runs, a batch with a form that is filled in, and rows to import."""
    scene = forge.scene("ground", store=False)
    assert forge.run(scene, *forge.command(scene, "tracking=none"))["code"] == 0
    assert forge.run(scene, *forge.base, "seed=1", "tracking=none", f"hydra.run.dir={scene}/other")["code"] == 0
    shutil.copytree(scene / "run", scene / "reviewed")
    form = scene / "form.jsonl"
    export = ["review", "export", f"{scene}/reviewed", "--reviewer", "anna", "--seeds", "0", "--to", str(form)]
    assert forge.run(scene, *export)["code"] == 0
    rows = [json.loads(line) | {"main_symbol": "A01B"} for line in form.read_text(encoding="utf-8").splitlines()]
    form.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (scene / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return scene


def exported(forge: Any, scene: Path) -> str:
    run = scene / "run"
    if store.default_ledger(run).exists():
        assert verify(store.default_ledger(run)).fault is None
    for name in store.batches(run):
        batch = store.read(run, name)
        assert (run / store.FOLDER / name / store.FILE).stat().st_mode & 0o077 == 0
        assert batch.items
    assert len(store.batches(run)) <= 1
    form = scene / "new" / "form.jsonl"
    if not form.exists():
        return "nothing"
    assert len(form.read_bytes().splitlines()) == len(batch.items)
    kinds = Counter(event.kind for event in FileLedger(store.default_ledger(run)).events())
    assert kinds["batch.exported"] >= 1, "what is given out stands in the ledger first"
    return "form"


def imported(forge: Any, scene: Path) -> str:
    ledger = store.default_ledger(scene / "reviewed")
    assert verify(ledger).fault is None
    count = sum(event.kind == "review.first_answer" for event in FileLedger(ledger).events())
    assert count in (0, len((scene / "form.jsonl").read_bytes().splitlines())), "all of a file or nothing"
    return "answers" if count else "nothing"


def reported(forge: Any, scene: Path) -> str:
    assert verify(store.default_ledger(scene / "reviewed")).fault is None
    data, page = scene / "reviewed" / "review.json", scene / "reviewed" / "review.html"
    if data.exists():
        assert json.loads(data.read_text(encoding="utf-8"))["results"]
    if page.exists():
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    return "report" if data.exists() and page.exists() else "nothing"


def archived(forge: Any, scene: Path) -> str:
    found = list((scene / "archives").glob("[!.]*"))
    for number, file in enumerate(found):
        root = scene / f"back-{number}-{time.monotonic_ns()}"
        run = archive.restore(file, root)
        names = {path.name for path in (scene / "run").iterdir()} - {".lock"}
        assert names == {path.name for path in run.iterdir()}
    return "archive" if found else "nothing"


def compared(forge: Any, scene: Path) -> str:
    data, page = scene / "compared" / "comparison.json", scene / "compared" / "report.html"
    if data.exists():
        assert json.loads(data.read_text(encoding="utf-8"))["benchmarks"]
    if page.exists():
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    return "comparison" if data.exists() and page.exists() else "nothing"


def benchmark(forge: Any, scene: Path) -> str:
    folder = scene / "benchmarks" / "classification" / "fresh"
    listed = forge.run(scene, "benchmark", "list", "--root", f"{scene}/benchmarks", "--json")
    if listed["code"] == 0:
        assert "partial" not in listed["stdout"]
    if not folder.exists():
        return "nothing"
    assert len(forge.place.open(folder).parts["test"]) == len(ROWS)
    return "benchmark"


COMMANDS = {
    "review export": Command(
        lambda at: ["review", "export", f"{at}/run", "--reviewer", "anna", "--to", f"{at}/new/form.jsonl"],
        exported,
        "form",
    ),
    "review import": Command(
        lambda at: ["review", "import", f"{at}/form.jsonl", "--run", f"{at}/reviewed"], imported, "answers"
    ),
    "review report": Command(lambda at: ["review", "report", f"{at}/reviewed"], reported, "report"),
    "runs archive": Command(lambda at: ["runs", "archive", f"{at}/run", "--to", f"{at}/archives"], archived, "archive"),
    "compare": Command(
        lambda at: [
            "compare",
            f"{at}/run",
            f"{at}/other",
            "--tracking",
            "none",
            "--resamples",
            "1000",
            "--out",
            f"{at}/compared",
        ],
        compared,
        "comparison",
    ),
    "benchmark import": Command(
        lambda at: [
            *("benchmark", "import", f"{at}/rows.jsonl", "--task", "classification", "--name", "fresh"),
            *("--to", f"{at}/benchmarks", "--licence", "CC0-1.0", "--confidentiality", "open"),
        ],
        benchmark,
        "benchmark",
    ),
}


def fresh(forge: Any, ground: Path, name: str) -> Path:
    scene = forge.root / f"stopped-{name.replace(' ', '-')}"
    shutil.copytree(ground, scene)
    (scene / "new").mkdir()
    return scene


def events_of(forge: Any, ground: Path, name: str) -> list[str]:
    """The phase of each event of the whole command."""
    scene, log = fresh(forge, ground, f"{name} whole"), forge.root / "events-of-a-command"
    log.unlink(missing_ok=True)
    done = forge.run(scene, *COMMANDS[name].given(scene), log=str(log))
    assert done["code"] == 0, done
    assert COMMANDS[name].look(forge, scene) == COMMANDS[name].done
    return [line.partition("\t")[0] for line in log.read_text(encoding="utf-8").splitlines()]


def place_of(events: list[str], share: float, how: str) -> dict[str, Any]:
    last = round(share * (len(events) - 1))
    phase = events[last]
    return {"phase": phase, "number": events[: last + 1].count(phase), "how": how}


def left_over(scene: Path) -> list[str]:
    return sorted(
        str(path.relative_to(scene))
        for path in scene.rglob("*")
        if path.name.endswith((".part", ".partial")) or path.name.startswith((".restoring", ".going"))
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_stopped_leaves_nothing_half_written(
    forge: Any, ground: Path, name: str, record_property: Any
) -> None:
    command, events, stops = COMMANDS[name], events_of(forge, ground, name), 0
    for number in (signal.SIGTERM, signal.SIGKILL):
        for share, how in POINTS if number == signal.SIGTERM else DEADLY:
            scene = fresh(forge, ground, f"{name} {number.name} {share}")
            at = place_of(events, share, how) | {"share": 0.5, "signal": number.value}
            done = forge.run(scene, *command.given(scene), kill=at)
            assert forge.clean(done["stderr"]), (at, done["stderr"])
            if number == signal.SIGTERM:
                assert done["code"] == 130, (at, done)
                assert "No file is left half written. Give the same command again." in done["stderr"]
                assert left_over(scene) == []
            else:
                assert done["code"] == -signal.SIGKILL, (at, done)
            got = command.look(forge, scene)
            done = forge.run(scene, *command.given(scene))
            there_already = got == command.done and name in ("review export", "runs archive", "benchmark import")
            assert done["code"] == (1 if there_already else 0), (at, done)
            assert command.look(forge, scene) == command.done, at
            stops += 1
            shutil.rmtree(scene)
    record_property("commands stopped", stops)


def test_an_import_that_is_stopped_while_it_reads_leaves_no_folder(place: Any) -> None:
    """A process of its own with a file that takes long to read."""
    rows = place.root / "rows.jsonl"
    line = json.dumps(ROWS[0] | {"text": "a long text " * 40})
    with rows.open("w", encoding="utf-8") as stream:
        stream.writelines(line.replace('"n0"', f'"n{n}"') + "\n" for n in range(60_000))
    given = ["--task", "classification", "--name", "large", "--to", str(place.root / "made")]
    process = place.start("benchmark", "import", str(rows), *given)
    opened, end = Path(f"/proc/{process.pid}/fd"), time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if any(str(rows) == str(one.resolve()) for one in opened.iterdir()):
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Give the same command again" in err
    assert "Traceback" not in err
    assert not any(path.is_file() for path in (place.root / "made").rglob("*"))
