"""Programs that are asked in JSON Lines: real processes, well-behaved ones and all kinds of others."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import Unavailable, UserError
from wild_aieval.items import Document, Failure, Hit, LabelledDocument, Query, Segment, Suggestion, Translation
from wild_aieval.models import registry
from wild_aieval.models.assignment import Assignment, meet
from wild_aieval.models.protocols import Workplace
from wild_aieval.models.tools import conversation, error_output
from wild_aieval.models.tools.error_output import Mask

# Each document's text says what the tool does with it. '--hold N' answers N lines at once, in reverse order.
TOOL = """
import json, os, pathlib, subprocess, sys, time

def note(word):
    with open("notes.txt", "a") as stream:
        stream.write(word + "\\n")

def say(*answers):
    for answer in answers:
        sys.stdout.write((answer if isinstance(answer, str) else json.dumps(answer)) + "\\n")
    sys.stdout.flush()

def answer(item):
    good = {"id": item["id"], "suggestions": [["A61B", 0.9], ["G06F", 0.1]], "seen": item}
    does = item["text"]
    if does == "crash":
        sys.stderr.write("the soil is too wet\\n")
        os._exit(3)
    if does == "hang":
        time.sleep(60)
    if does == "children":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        note(f"child {child.pid}")
        time.sleep(60)
    if does == "bytes":
        sys.stdout.buffer.write(b'{"id": ' + json.dumps(item["id"]).encode() + b', "suggestions": [["A\\xff", 1]]}\\n')
        sys.stdout.flush()
        return []
    return {
        "garbage": ["not JSON at all"],
        "unknown": [good | {"id": "nobody"}],
        "twice": [good, good | {"suggestions": [["H04L", 1.0]]}],
        "banner": ["Loading the model ...", good],
        "secret": [good | {"suggestions": [[os.environ.get("OFFICE_KEY", "none"), 1.0]]}],
        "environment": [{"id": item["id"], "suggestions": sorted(os.environ)}],
        "measured": [good | {"seconds": 0.25, "tokens_in": 7, "tokens_out": 2}],
    }.get(does, [json.loads(does[5:]) | {"id": item["id"]}] if does.startswith("JSON ") else [good])

note("start")
if os.environ.get("OFFICE_KEY"):
    sys.stderr.write("my key is " + os.environ["OFFICE_KEY"] + "\\n")
hold = int(sys.argv[sys.argv.index("--hold") + 1]) if "--hold" in sys.argv else 1
if "--flood" in sys.argv:
    while True:
        say("x" * 1000)
if "--deaf" in sys.argv:
    time.sleep(60)
if "--dead" in sys.argv:
    sys.exit("no licence")
known, held = [], []
for line in sys.stdin:
    item = json.loads(line)
    if item["task"] in ("index", "train"):
        known = ([] if item["part"] == 1 else known) + item["documents"]
        note(f"{item['task']} {item['part']}/{item['parts']}")
        if "--lossy" in sys.argv:
            known.pop()
        say({{"index": "indexed", "train": "trained"}[item["task"]]: len(known)})
    elif item["task"] == "translation":
        say({"id": item["id"], "translation": item["text"].upper() + " " + item["target_language"], "score": 0.5})
    elif item["task"] == "search":
        if item["query"] == "crash":
            os._exit(1)
        say({"id": item["id"], "hits": [[d["id"], 1 / (n + 1)] for n, d in enumerate(known)] * (1 if item["k"] else 0)})
    elif known:
        say({"id": item["id"], "suggestions": [known[0]["main"], *known[0]["symbols"][1:]]})
    else:
        held.append(item)
        if len(held) == hold:
            say(*[a for item in reversed(held) for a in answer(item)])
            held = []
note("end")
"""


class Office:
    """A folder with the tool, and candidates that ask it."""

    def __init__(self, folder: Path, build: Callable[..., Any]) -> None:
        self.folder, self._build = folder, build
        self.tool = folder / "tool.py"
        self.tool.write_text(TOOL, encoding="utf-8")
        self.made: list[Any] = []

    def settings(self, *flags: str, **changes: Any) -> dict[str, Any]:
        own = {"command": [sys.executable, "tool.py", *flags], "cwd": str(self.folder), "files": ["tool.py"]}
        tasks = {} if changes.get("kind") == "command-learner" else {"tasks": ["classification", "search"]}
        return {"name": "office", "kind": "command", **own, **tasks, "start_seconds": 20.0} | changes

    def candidate(self, *flags: str, **changes: Any) -> Any:
        settings = self.settings(*flags, **changes)
        made = self._build(settings.pop("kind"), **settings)
        self.made.append(made)
        return made

    def notes(self) -> list[str]:
        file = self.folder / "notes.txt"
        return file.read_text().split("\n")[:-1] if file.exists() else []


@pytest.fixture
def office(tmp_path: Path, build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(conversation, "_QUIET", 0.3)
    (tmp_path / "office").mkdir()
    made = Office(tmp_path / "office", build)
    yield made
    for candidate in made.made:
        candidate._conversation.stop()


def documents(*texts: str) -> list[Document]:
    return [Document(f"d{number}", "a title", text, "en") for number, text in enumerate(texts)]


def symbols(answers: Any) -> list[Any]:
    return [answer if isinstance(answer, Failure) else [name for name, _ in answer] for answer in answers]


def eventually(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


GOOD = ["A61B", "G06F"]


def test_one_process_answers_every_batch_in_any_order(office: Office) -> None:
    model = office.candidate("--hold", "3", batch_size=3)
    first = 'JSON {"suggestions": [["B60L", 0.7]]}'
    answers = model.classify(documents(first, "x", "y", "z", first, "v"))
    assert answers[0] == answers[4] == [Suggestion("B60L", 0.7)]
    assert symbols(answers[1:4]) == [GOOD] * 3
    assert answers[1] == [Suggestion("A61B", 0.9), Suggestion("G06F", 0.1)]
    assert model.classify([]) == []
    assert office.notes() == ["start"]


def test_what_the_program_is_told(office: Office) -> None:
    echo = (
        "import sys\nfor line in sys.stdin:\n    sys.stderr.write(line); sys.stderr.flush(); print('{}', flush=True)\n"
    )
    office.tool.write_text(echo)
    model = office.candidate(tasks=["classification", "translation", "search"])
    model.classify(documents("soil — “wet”"))
    meet(model, Assignment("classification/x", "classification", ("d0",), "subclass"))
    model.classify(documents("soil"))
    model.translate([Segment("s", "a\nb", "en", "pt-BR")])
    model.search([Query("q", "a plough", "2001-02-03", "f", "en")], 7)
    log = office.folder.parent / "cache" / "commands" / "office.log"
    assert eventually(lambda: len(log.read_text().splitlines()) == 4)
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line.pop("id").partition("#")[0] for line in told] == ["d0", "d0", "s", "q"]
    document = {"task": "classification", "title": "a title", "language": "en"}
    assert told[:2] == [document | {"text": "soil — “wet”"}, document | {"text": "soil", "level": "subclass"}]
    languages = {"source_language": "en", "target_language": "pt-BR"}
    assert told[2] == {"task": "translation", "text": "a\nb", **languages}
    query = {"task": "search", "query": "a plough", "date": "2001-02-03", "family": "f", "language": "en", "k": 7}
    assert told[3] == query
    assert log.stat().st_mode & 0o077 == 0


def test_translation_and_search(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_PART", 2)
    model = office.candidate()
    assert model.translate([Segment("s", "soil", "en", "es")]) == [Translation("SOIL es", 0.5)]
    model.index(documents("a", "b", "c"))
    assert office.notes() == ["start", "index 1/2", "index 2/2"]
    found = model.search([Query("q", "soil"), Query("r", "soil")], 2)
    assert found == [[Hit("d0", 1.0), Hit("d1", 0.5)]] * 2
    found = model.search([Query("q", "soil"), Query("r", "crash"), Query("t", "soil")], 1)
    assert found[0] == found[2] == [Hit("d0", 1.0)]
    assert isinstance(found[1], Failure) and "exit code 1" in found[1].message
    again = ["start", "index 1/2", "index 2/2"]
    assert office.notes() == again * 3, "a program that is started again gets the collection again"
    model.index(documents("x"))
    assert model.search([Query("q", "soil")], 9) == [[Hit("d0", 1.0)]]


def test_a_learner_gets_the_training_part(office: Office) -> None:
    model = office.candidate(kind="command-learner")
    model.fit([LabelledDocument(Document("t", "", "soil"), "A01B", ("A01B", "E04H"))])
    assert model.classify(documents("x")) == [[Suggestion("A01B", 0.0), Suggestion("E04H", 0.0)]]
    assert registry.learns(model._settings)
    assert not registry.learns(office.candidate()._settings)
    with pytest.raises(UserError, match=r'Expected \{"trained": 1\}.*answered \'\{"trained": 0\}'):
        office.candidate("--lossy", kind="command-learner").fit(
            [LabelledDocument(Document("t", "", "soil"), "A01B", ("A01B",))]
        )
    with pytest.raises(UserError, match=r"documents of 'train'.*exit code 1.*no licence"):
        office.candidate("--dead", kind="command-learner").fit(
            [LabelledDocument(Document("t", "", "soil"), "A01B", ("A01B",))]
        )


def test_only_the_item_at_which_it_dies_is_an_error(office: Office) -> None:
    model = office.candidate()
    answers = symbols(model.classify(documents("x", "y", "crash", "z", "crash", "v")))
    assert answers[0] == answers[1] == answers[3] == answers[5] == GOOD
    for number in (2, 4):
        assert "ended with exit code 3" in answers[number].message
        assert "the soil is too wet" in answers[number].message
    assert symbols(model.classify(documents("x"))) == [GOOD]
    model.classify(documents("crash", "x"))
    assert [model._meter.take(f"d{number}").attempts for number in (0, 1)] == [2, 2]


def test_only_the_item_at_which_it_hangs_is_an_error(office: Office) -> None:
    answers = symbols(office.candidate(timeout_seconds=0.7, start_seconds=0.0).classify(documents("x", "hang", "y")))
    assert answers[0] == answers[2] == GOOD
    assert "no answer within 0.7 seconds" in answers[1].message
    assert "flush" in answers[1].message


def test_the_children_of_a_program_that_hangs_end_with_it(office: Office) -> None:
    office.candidate(timeout_seconds=2.0, start_seconds=0.0).classify(documents("children"))
    child = next(int(line.split()[1]) for line in office.notes() if line.startswith("child"))

    def gone() -> bool:
        state = Path(f"/proc/{child}/stat")
        return not state.exists() or state.read_text().split()[2] == "Z"

    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc here")
    assert eventually(gone)


@pytest.mark.parametrize(
    ("does", "message", "kept"),
    [
        ("garbage", "no answer with the id of this item came", "not JSON at all"),
        ("unknown", "no answer with the id of this item came", '"nobody"'),
        ("bytes", "not UTF-8", "A\ufffd"),
        ('JSON {"error": "no text"}', "the tool says: no text", None),
        ('JSON {"suggestions": "A61B"}', "expected to be a list", '"A61B"'),
        ('JSON {"suggestions": [["A61B", "0.9"]]}', "expected to be a number, found '0.9'", '"0.9"'),
        ('JSON {"suggestions": [["A61B", 0.1], ["A01B", 0.9]]}', "place 2 .* higher", "A01B"),
        ('JSON {"suggestions": [["A61B", true]]}', "expected to be a number", "true"),
        ('JSON {"suggestions": [[5, 0.9]]}', "expected to be a text", "0.9"),
        ('JSON {"suggestions": [["", 0.9]]}', "empty name", "0.9"),
        ('JSON {"suggestions": [["A61B"]]}', "each entry of 'suggestions'", "A61B"),
        ('JSON {"suggestions": [["A61B", NaN]]}', "no answer with the id|NaN", "NaN"),
        ('JSON {"hits": []}', "'suggestions' is missing", "hits"),
        ('JSON {"suggestions": [], "seconds": "long"}', "seconds is expected to be a number", "long"),
        ('JSON {"suggestions": [], "tokens_in": 1.5}', "no count of tokens in", "1.5"),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_failure_of_its_item_only(
    office: Office, does: str, message: str, kept: str | None
) -> None:
    for texts in (("x", does, "y"), (does,), ("y", "x", does)):
        answers = symbols(office.candidate().classify(documents(*texts)))
        place = texts.index(does)
        assert isinstance(answers[place], Failure)
        assert re.search(message, answers[place].message)
        assert kept is None or kept in answers[place].answer
        assert [answer for number, answer in enumerate(answers) if number != place] == [GOOD] * (len(texts) - 1)


def test_an_answer_that_comes_twice_is_never_taken_for_another_item(office: Office) -> None:
    model = office.candidate()
    answers = symbols(model.classify(documents("x", "twice", "y")))
    assert answers[0] == answers[2] == GOOD
    assert answers[1] == Failure("the program answered this item twice", answers[1].answer)
    last = symbols(model.classify(documents("x", "twice")))
    assert last[0] == GOOD
    assert symbols(model.classify(documents("x", "y"))) == [GOOD] * 2, (
        "d1 was asked before, and its second answer waits"
    )


def test_a_line_that_is_no_answer_moves_no_other(office: Office) -> None:
    model = office.candidate()
    assert symbols(model.classify(documents("banner", "x", "y"))) == [GOOD] * 3
    assert symbols(model.classify(documents("banner"))) == [GOOD]
    assert office.notes() == ["start"]


def test_a_late_answer_finds_no_item(office: Office) -> None:
    slow = (
        "import json, sys, time\nfor line in sys.stdin:\n    item = json.loads(line)\n    print('hm', flush=True)\n"
        "    time.sleep(0.8)\n    print(json.dumps({'id': item['id'], 'suggestions': [item['text']]}), flush=True)\n"
    )
    office.tool.write_text(slow)
    model = office.candidate()
    first = model.classify([Document("same", "", "A01B")])
    assert isinstance(first[0], Failure) and first[0].answer == "hm"
    time.sleep(0.8)
    second = model.classify([Document("same", "", "H04L")])
    assert isinstance(second[0], Failure), "the answer A01B has come by now, under the same item id"


def test_a_program_that_cannot_work_stops_the_run(office: Office) -> None:
    with pytest.raises(UserError, match=r"office: .*failed 3 times in a row.*no licence.*continue with 'resume'"):
        office.candidate("--dead", crashes_in_a_row=2).classify(documents("x", "y", "z"))
    with pytest.raises(UserError, match=r"started again 1 times \(max_restarts\)"):
        office.candidate(max_restarts=1).classify(documents("x", "crash", "y", "crash", "z"))


def test_a_program_that_floods_or_does_not_read_is_timed_out(office: Office) -> None:
    big = [Document(f"d{n}", "", "soil " * 20_000) for n in range(3)]
    for flag in ("--flood", "--deaf"):
        started = time.monotonic()
        with pytest.raises(UserError, match=r"no answer within 0\.5 seconds|failed 2 times"):
            answers = office.candidate(flag, timeout_seconds=0.5, start_seconds=0.0, crashes_in_a_row=1).classify(big)
            assert all(isinstance(answer, Failure) for answer in answers)
            raise UserError("no answer within 0.5 seconds")
        assert time.monotonic() - started < 15


def test_what_is_missing_is_named_with_its_remedy(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OFFICE_KEY", raising=False)
    for changes, message in (
        ({"command": ["no-such-program"]}, "'no-such-program' is not here.*model.command"),
        ({"command": ["./tool.py"]}, "is not here, or may not be run"),
        ({"cwd": "/no/such/folder"}, "no folder '/no/such/folder'.*model.cwd|not in '/no/such/folder'.*model.cwd"),
        ({"files": ["weights.bin"]}, "names 'weights.bin', which is not in"),
        ({"env": ["OFFICE_KEY"]}, "variable OFFICE_KEY is not set"),
    ):
        with pytest.raises(Unavailable, match=message):
            office.candidate(**changes)
    for changes, message in (
        ({"files": [], "version": ""}, "'files' and 'version' are both empty"),
        ({"command": []}, "command"),
        ({"env": ["A B"]}, "env"),
        ({"tasks": []}, "tasks"),
        ({"comand": ["x"]}, "unknown field 'comand'.*'command'"),
    ):
        with pytest.raises(UserError, match=message):
            office.candidate(**changes)
    office.tool.chmod(0o755)
    with pytest.raises(UserError, match=r"cannot be started \(.*chmod"):
        office.candidate(command=["./tool.py"]).classify(documents("x"))


def test_only_named_variables_are_passed_and_their_values_are_never_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setenv("OFFICE_KEY", 'k"3y-of-the-office')
    monkeypatch.setenv("OTHER_KEY", "another-secret")
    model = office.candidate(env=["OFFICE_KEY"])
    seen = symbols(model.classify(documents("environment")))[0]
    assert "OFFICE_KEY" in seen and "PATH" in seen
    assert "OTHER_KEY" not in seen and "WILD_AIEVAL_RUNS" not in seen
    leaks, crashed = model.classify(documents("secret", "crash"))
    assert "environment variable" in leaks.message
    assert "my key is ***" in crashed.message
    log = next((office.folder.parent / "cache").rglob("*.log")).read_text()
    assert "my key is ***" in log
    everything = log + str(leaks) + str(crashed) + model._settings.model_dump_json() + json.dumps(model.facts())
    assert "3y-of-the-office" not in everything
    assert "3y-of-the-office" not in json.dumps(model._settings.identity())


def test_masks() -> None:
    mask = Mask(["long-key", "long-key-2", "en", 'q"uote-é'])
    assert mask("long-key-2 and long-key in en") == "*** and *** in en"
    assert mask(json.dumps('q"uote-é')) == mask(json.dumps('q"uote-é', ensure_ascii=False)) == '"***"'


def test_the_log_is_bounded_and_the_last_lines_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_output, "_LOG_BYTES", 1_000)
    kept = error_output.ErrorOutput(tmp_path / "logs" / "tool.log", Mask())
    for number in range(500):
        kept.take(f"line {number} {'x' * 50}\n".encode())
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == ["tool.log", "tool.older.log"]
    assert sum((tmp_path / "logs" / name).stat().st_size for name in files) < 2_300
    assert "line 499" in kept.last() and len(kept.last()) <= 600


def test_what_an_answer_took_is_told(office: Office) -> None:
    model = office.candidate()
    model.classify(documents("measured", "x"))
    told = model._meter.take("d0")
    assert (told.seconds, told.tokens_in, told.tokens_out, told.attempts) == (0.25, 7, 2, 1)
    other = model._meter.take("d1")
    assert (other.seconds, other.tokens_in, other.attempts) == (None, None, 1), "a share of a batch is no latency"
    alone = office.candidate(batch_size=1)
    alone.classify(documents("x", "y"))
    assert all(0 < alone._meter.take(name).seconds < 20 for name in ("d0", "d1"))


def test_identity(office: Office) -> None:
    model = office.candidate()
    assert model.facts() == office.candidate(timeout_seconds=9.0).facts()
    same = office.candidate(timeout_seconds=9.0, batch_size=1)._settings.identity()
    assert same == model._settings.identity()
    assert office.candidate("--hold", "1")._settings.identity() != same
    assert office.candidate(version="2")._settings.identity() != same
    assert office.candidate(env=["PATH"])._settings.identity() != same, "what it is told may change an answer"
    before = model.facts()
    office.tool.write_text(TOOL + "\n")
    assert office.candidate().facts() != before


def test_the_program_is_told_to_end_by_the_end_of_its_input(office: Office, place: Any, documents: Any) -> None:
    model = office.candidate()
    model.classify([Document("d", "", "x")])
    del model
    office.made.clear()
    assert eventually(lambda: office.notes() == ["start", "end"])
    place.classification(documents)
    own = place.model_file("office", office.settings())
    door = ["--config-dir", own, "model=office", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]"]
    done = place.cli(*door, "tracking=none")
    assert done.returncode == 0, done.stderr
    assert office.notes() == ["start", "end"] * 2


def test_a_run_with_a_program_that_dies_is_partial_and_can_be_continued(
    office: Office, place: Any, documents: Any
) -> None:
    for row, does in zip(documents, ["x", "crash", "x"], strict=False):
        row["text"] = does
    place.classification(documents)
    settings = office.settings(version="1", files=[])
    summary, folder = place.run(settings)
    assert summary["results"][0]["counts"] == {"asked": 10, "answered": 9, "errors": 1, "scored": 10}
    rows = {row["item_id"]: row for row in folder.read_table("predictions")}
    assert rows["d1"]["status"] == "error" and "exit code 3" in rows["d1"]["error"]
    office.tool.write_text(TOOL.replace("os._exit(3)", "pass"))
    summary, _ = place.run(settings)
    assert summary["results"][0]["counts"]["errors"] == 0
    office.tool.write_text(TOOL)
    with pytest.raises(UserError, match="given up"):
        place.run(settings | {"version": "2", "command": [*settings["command"], "--dead"]}, "stopped")
    summary, _ = place.run(settings | {"version": "2"}, "stopped")
    assert summary["results"][0]["counts"]["errors"] == 1


def test_a_run_tells_the_program_the_label_level(office: Office, place: Any, documents: Any) -> None:
    office.tool.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    item = json.loads(line)\n"
        "    symbol = {'class': 'A61'}[item['level']]\n"
        "    print(json.dumps({'id': item['id'], 'suggestions': [[symbol, 1.0]]}), flush=True)\n"
    )
    place.classification(documents, label_level="class")
    summary, _ = place.run(office.settings())
    assert summary["results"][0]["counts"]["errors"] == 0


def test_workplace_is_all_it_needs(tmp_path: Path, office: Office) -> None:
    settings = registry.read_settings(office.settings(), "office")
    candidate = registry.build(settings, Workplace(0, tmp_path / "fresh" / "cache"))
    assert not (tmp_path / "fresh").exists(), "nothing is started or written before the first question"
    assert len(candidate.facts()["files"]) == 1
