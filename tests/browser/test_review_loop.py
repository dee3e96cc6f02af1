"""The whole loop: run, batch, two reviewers who disagree, adjudication, a ledger that holds, and one changed byte."""

from __future__ import annotations

import json
import re

from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.review import queue, store
from wild_aieval.review.run import ReviewedRun

OWN = {"ada": "H04L", "bob": "G06F 1/00"}  # ada works at the desk, bob in files


def work_through(person, symbol, items):
    """All items by keyboard: own answer, then the decision to differ; returns the pages before the reveal."""
    before = []
    person.follows("Enter")
    for _ in range(items):
        before.append(person.page.content())
        person.keys("s", symbol, "Escape")
        person.follows("Control+Enter")
        person.keys("f", "r", f"reason of {person.name}", "Escape")
        person.follows("Control+Enter")
    return before


def by_file(place, folder, symbol):
    """The same by JSON Lines: own answers go in before the file with the suggestions is written; returns the files."""
    written_files = []
    for stage in ("first", "second"):
        sheet = place.root / f"{stage}.jsonl"
        written = place.cli("review", "export", str(folder.path), "--to", str(sheet), "--reviewer", "bob")
        assert written.returncode == 0, written.stderr
        written_files.append(sheet.read_text(encoding="utf-8"))
        rows = [json.loads(line) for line in written_files[-1].splitlines()]
        assert all(("suggestion" in row) == (stage == "second") for row in rows)
        filled = {"main_symbol": symbol}
        filled |= {"decision": "differs", "rationale": "reason of bob"} if stage == "second" else {}
        sheet.write_text("".join(json.dumps(row | filled) + "\n" for row in rows), encoding="utf-8")
        taken = place.cli("review", "import", str(sheet), "--run", str(folder.path))
        assert taken.returncode == 0, taken.stderr
        again = place.cli("review", "import", str(sheet), "--run", str(folder.path))
        assert again.returncode == 0, again.stderr
    return written_files


def test_from_the_run_to_a_ledger_that_names_a_changed_line(place, documents, desk):
    place.classification(documents)
    _, folder = place.run(place.tricky(weight=2))
    path = store.default_ledger(folder.path)
    run = ReviewedRun(folder.path)
    batch = queue.make_batch(run, FileLedger(path), queue.Plan(audit_least=3, seeds=0.2, seed=5))
    assert sorted({item.purpose for item in batch.items}) == ["audit", "seeded"]
    seat = desk(folder.path)
    count = len(batch.items)

    person = seat("ada")
    person.name = "ada"
    work_through(person, OWN["ada"], count)
    assert "You have looked at every item" in person.text()
    person.check_quiet()
    for sheet in by_file(place, folder, OWN["bob"]):
        assert "reason of ada" not in sheet and "H04L" not in sheet.partition('"suggestion"')[0]

    eve = seat("eve")
    eve.follows("Enter")
    assert all(f"reason of {name}" in eve.text() for name in OWN)
    assert not re.search(r"\b(ada|bob)\b", eve.text().replace("reason of ada", "").replace("reason of bob", ""))
    for _ in range(count):
        eve.keys("s", "G06F 1/00", "Escape", "f", "r", "a computer in the end", "Escape")
        eve.follows("Control+Enter")
    assert "no disagreement to settle" in eve.text()
    eve.check_quiet()

    root = seat("root")
    root.page.locator("input[name=sure]").focus()
    root.keys(" ", "Tab")
    root.follows("Enter")
    assert "1 item had a planted error" in root.text()

    kinds = [event.kind for event in FileLedger(path).events()]
    for kind, times in {
        "review.first_answer": 2 * count, "review.decision": 2 * count, "adjudication.decision": count,
        "seed.revealed": 1, "audit.revealed": 1,
    }.items():  # fmt: skip
        assert kinds.count(kind) == times
    first = {}
    for event in FileLedger(path).events():
        first.setdefault((event.actor, event.payload.get("token"), event.kind), event.seq)
    for name in OWN:
        for item in batch.items:
            answered, revealed = (first[name, item.token, kind] for kind in ("review.first_answer", "ai.revealed"))
            assert answered < revealed

    assert FileLedger(path).head[1] in root.text()
    told = place.cli("review", "report", str(folder.path), "--json")
    assert told.returncode == 0, told.stderr
    (result,) = json.loads(told.stdout)["results"]
    process = result["process"]
    assert (process["reviewers"], process["adjudicated"], process["planted"]) == (2, count - 1, 1), process
    figures = {figure["name"]: figure for figure in result["figures"]}
    assert figures["review.seed_catch"]["value"] == 1.0 and figures["review.override_rate"]["value"] == 1.0
    assert (folder.path / "review.html").is_file()

    assert place.cli("review", "verify", str(folder.path)).returncode == 0
    lines = path.read_bytes().split(b"\n")
    changed = next(number for number, line in enumerate(lines) if b"reason of bob" in line)
    lines[changed] = lines[changed].replace(b"reason of bob", b"reason of bub", 1)
    path.write_bytes(b"\n".join(lines))
    verdict = place.cli("review", "verify", str(folder.path))
    assert verdict.returncode == 1
    assert f"{path}, line {changed + 1}" in verdict.stdout + verdict.stderr
