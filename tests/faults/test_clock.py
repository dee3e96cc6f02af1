"""Clocks that are set back while people review: the ledger holds, and no figure is negative."""

from __future__ import annotations

import datetime
import itertools
import json
from pathlib import Path
from typing import Any

from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify
from wild_aieval.review.store import default_ledger

BACK = [0, -1, 3, -4, 9, -20]  # years


def test_a_ledger_whose_clock_goes_back_verifies_and_says_so(tmp_path: Path, record_property: Any) -> None:
    start = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    turns = itertools.cycle(datetime.timedelta(days=365 * year) for year in BACK)
    path = tmp_path / "review" / "ledger.jsonl"
    for number in range(24):
        ledger = FileLedger(path, lambda: start + next(turns))  # opened anew, as each process does
        if number % 7 == 6:
            ledger.seal("admin")
        else:
            ledger.append("review.opened", "anna", "reviewer", {"batch": "b", "token": f"t{number}"})
    assert verify(path).fault is None
    events = list(FileLedger(path).events())
    assert [event.ts for event in events] == sorted(event.ts for event in events)
    noted = sum("clock_note" in event.payload for event in events)
    assert noted > 10, "that the clock went back is kept"
    record_property("clocks set back", noted)


def test_a_review_under_a_jumping_clock_comes_to_a_report(forge: Any) -> None:
    scene = forge.scene("clock", store=False)
    jumping = {"years": BACK}
    assert forge.run(scene, *forge.command(scene, "tracking=none"), **jumping)["code"] == 0
    run, form, second = scene / "run", scene / "first.jsonl", scene / "second.jsonl"
    export = ["review", "export", str(run), "--reviewer", "anna", "--to"]
    assert forge.run(scene, *export, str(form), "--seeds", "0", **jumping)["code"] == 0
    fill(form, {"main_symbol": "A01B"})
    done = forge.run(scene, "review", "import", str(form), "--run", str(run), **jumping)
    assert done["code"] == 0, done["stderr"]
    assert forge.run(scene, *export, str(second), **jumping)["code"] == 0
    fill(second, {"decision": "cannot_decide"})
    done = forge.run(scene, "review", "import", str(second), "--run", str(run), **jumping)
    assert done["code"] == 0, done["stderr"]
    assert verify(default_ledger(run)).fault is None
    assert forge.run(scene, "review", "verify", str(run), **jumping)["code"] == 0
    done = forge.run(scene, "review", "report", str(run), "--json", **jumping)
    assert done["code"] == 0, done["stderr"]
    assert forge.clean(done["stderr"])
    figures = [figure for result in json.loads(done["stdout"])["results"] for figure in result["figures"]]
    durations = [figure["value"] for figure in figures if "seconds" in figure["name"] or "minutes" in figure["name"]]
    assert all(value is None or value >= 0 for value in durations)
    done = forge.run(scene, "runs", "list", "--root", str(scene), **jumping)
    assert done["code"] == 0, done["stderr"]
    assert forge.clean(done["stderr"])


def fill(form: Path, said: dict[str, str]) -> None:
    rows = [json.loads(line) | said for line in form.read_text(encoding="utf-8").splitlines()]
    form.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
