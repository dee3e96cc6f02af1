"""Files to fill in: out and back in each format, nothing half taken, nothing run, nothing shown too early."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.oversight.ledger.verify import verify
from wild_aieval.review import store
from wild_aieval.review.content import Contents
from wild_aieval.review.forms import csv_form
from wild_aieval.review.forms.exporting import beside, export
from wild_aieval.review.forms.importing import Imported, find_run, rows_of, take
from wild_aieval.review.queue import Plan, make_batch
from wild_aieval.review.run import ReviewedRun

SYMBOLS = ("A01B", "A61B", "B60L", "C07D", "E04H", "F16H", "G06F", "H04L")
ENDINGS = ("xlsx", "csv", "jsonl", "json")
Cells = dict[str, str]
Change = Callable[[Cells], None]


class Review:
    """A run, a batch of it and its ledger."""

    def __init__(self, run: ReviewedRun, folder: Path, plan: Plan) -> None:
        self.run, self.folder = run, folder
        self.ledger = FileLedger(store.default_ledger(run.path))
        self.batch = make_batch(run, self.ledger, plan)
        self.contents = Contents(run, self.batch)

    def out(self, ending: str, reviewer: str = "anna", stage: Any = None) -> Path:
        file = self.folder / f"{reviewer}-{len(list(self.folder.iterdir()))}.{ending}"
        export(self.contents, self.ledger, reviewer, file, stage)
        return file

    def back(self, file: Path, supersede: bool = False) -> Imported:
        return take(file, rows_of(file), self.contents, self.ledger, supersede)

    def events(self, kind: str) -> list[Any]:
        return [event for event in self.ledger.events() if event.kind == kind]


@pytest.fixture
def classified(place: Any) -> Review:
    texts = ['=HYPERLINK("http://x","y")', "12/345678", "+1-2", "@SUM(A1)", "-2+3", "plain", "\t=1", "'quoted"]
    place.classification(
        [
            {
                "id": f"d{n}",
                "title": f"{texts[n % 8]} {n}" if n % 8 != 1 else texts[1],
                "text": f"{texts[n % 8]} {n}",
                "main": SYMBOLS[n % 8],
            }
            for n in range(24)
        ]
    )
    place.run(place.tricky())
    return Review(ReviewedRun(place.root / "run"), place.root, Plan(audit_least=16, seeds=0.1, seed=1))


@pytest.fixture
def shown(classified: Review) -> Review:
    """The same with every suggestion shown at once."""
    return Review(classified.run, classified.folder, Plan(audit_least=16, seeds=0.1, seed=1, shown=1))


@pytest.fixture
def translated(place: Any) -> Review:
    place.translation([{"id": f"s{n}", "source": f"The shaft has {n} rings.", "target": "x"} for n in range(12)])
    place.run(place.tricky(), oversight={"translation": {}})
    return Review(ReviewedRun(place.root / "run"), place.root, Plan(audit_least=8))


@pytest.fixture
def searched(place: Any) -> Review:
    corpus = [{"id": f"c{n}", "title": f"Doc {n}", "text": f"text {n}", "date": "2001-01-01"} for n in range(40)]
    queries = [{"id": f"q{n}", "text": f"query {n}", "date": "2030-01-01"} for n in range(6)]
    place.search(corpus, queries, [(f"q{n}", f"c{n}", "1") for n in range(6)], depth=20)
    place.run(place.tricky(), oversight={"search": {}})
    return Review(ReviewedRun(place.root / "run"), place.root, Plan(audit_least=6, seeds=0))


def fill(file: Path, change: Change) -> None:
    """Fill in each row as a program of the format would."""
    _FILL[file.suffix](file, change)


def _fill_xlsx(file: Path, change: Change) -> None:
    book = openpyxl.load_workbook(file)
    page = book.worksheets[0]
    header = [cell.value for cell in page[1]]
    for row in page.iter_rows(min_row=2):
        cells = {name: cell.value or "" for name, cell in zip(header, row, strict=True)}
        before = dict(cells)
        change(cells)
        for name, cell in zip(header, row, strict=True):
            if cells[name] != before[name]:
                cell.value = cells[name]
    book.save(file)


def _fill_csv(file: Path, change: Change, separator: str = ";") -> None:
    """As a spreadsheet program of many countries saves it."""
    text = file.read_bytes().decode("utf-8-sig")
    given = separator if text.startswith(f"token{separator}") else ","
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=given))
    for row in rows:
        change(row)
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(stream.getvalue().encode("utf-8-sig"))


def _fill_jsonl(file: Path, change: Change) -> None:
    rows = [json.loads(line) for line in file.read_bytes().split(b"\n") if line]
    for row in rows:
        change(row)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _fill_label_studio(file: Path, change: Change) -> None:
    tasks = json.loads(file.read_text(encoding="utf-8"))
    for task in tasks:
        cells = dict(task["data"])
        change(cells)
        result = [
            {"from_name": name, "to_name": "text", "type": "textarea", "value": {"text": [value]}}
            for name, value in cells.items()
            if task["data"].get(name) != value and value
        ]
        task["annotations"] = [{"result": result, "was_cancelled": False}] if result else []
    file.write_text(json.dumps(tasks), encoding="utf-8")


_FILL: dict[str, Callable[[Path, Change], None]] = {
    ".xlsx": _fill_xlsx,
    ".csv": _fill_csv,
    ".jsonl": _fill_jsonl,
    ".json": _fill_label_studio,
}


def own_answer(cells: Cells) -> None:
    cells["main_symbol"], cells["other_symbols"] = "a61b 5/00", "G06F; H04L"


def agrees(cells: Cells) -> None:
    cells["decision"] = "agrees"


def differs(cells: Cells) -> None:
    cells["decision"], cells["rationale"] = "differs", "it is about something else"


@pytest.mark.parametrize("ending", ENDINGS)
def test_hidden_first_out_and_back_in_two_files(classified: Review, ending: str) -> None:
    first = classified.out(ending)
    assert first.stat().st_mode & 0o777 == 0o600
    assert "suggestion" not in rows_of(first)[0].cells
    assert not classified.events("ai.revealed")
    fill(first, own_answer)
    done = classified.back(first)
    items = len(classified.batch.items)
    assert (done.stage, done.new, done.empty) == ("first", items, 0)
    answers = {event.payload["token"]: event.payload["answer"] for event in classified.events("review.first_answer")}
    assert set(answers) == {item.token for item in classified.batch.items}
    assert set(map(str, answers.values())) == {"{'symbols': ['A61B 5/00', 'G06F', 'H04L']}"}
    second = classified.out(ending)
    assert len(classified.events("ai.revealed")) == items
    assert rows_of(second)[0].text("your_first_answer") == "A61B 5/00; G06F; H04L"
    fill(second, differs)
    assert classified.back(second).new == items
    decided = classified.events("review.decision")
    assert {event.payload["mode"] for event in decided} == {"hidden_first"}
    assert {event.payload["answer"]["symbols"][0] for event in decided} == {"A61B 5/00"}
    assert {event.payload["active_seconds"] for event in decided} == {None}
    assert verify(classified.ledger.path).fault is None


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_shown_at_once_needs_one_file(shown: Review, ending: str) -> None:
    file = shown.out(ending)
    rows = {row.text("token"): row for row in rows_of(file)}
    for item in shown.batch.items:
        symbols = [found.symbol for found in shown.contents.suggestion(item.token).symbols]
        assert rows[item.token].text("suggestion").split("\n") == symbols
    fill(file, agrees)
    assert shown.back(file).new == len(shown.batch.items)
    for event in shown.events("review.decision"):
        suggested = shown.contents.suggestion(event.payload["token"]).symbols[0].symbol
        assert event.payload["answer"] == {"symbols": [suggested]}
        assert event.payload["mode"] == "shown"


@pytest.mark.parametrize("ending", ENDINGS)
def test_translations_out_and_back(translated: Review, ending: str) -> None:
    file = translated.out(ending)
    assert all(row.text("suggestion") for row in rows_of(file))

    def change(cells: Cells) -> None:
        cells |= {"grade": "4", "critical": "no", "decision": "agrees", "better_translation": "=besser"}

    fill(file, change)
    if ending == "xlsx":
        with pytest.raises(UserError, match="formula"):
            translated.back(file)
        fill(file, lambda cells: cells.update(better_translation="besser"))
    done = translated.back(file)
    assert done.new == len(translated.batch.items)
    answer = translated.events("review.decision")[0].payload["answer"]
    assert (answer["grade"], answer["critical"]) == (4, False)


@pytest.mark.parametrize("ending", ENDINGS)
def test_documents_out_and_back(searched: Review, ending: str) -> None:
    file = searched.out(ending)
    rows = {row.text("token"): row for row in rows_of(file)}

    def change(cells: Cells) -> None:
        cells |= {f"relevance_{place}": "X" if place == 3 else "none" for place in range(1, 11)}
        cells["decision"] = "agrees"

    fill(file, change)
    assert searched.back(file).new == 6
    for event in searched.events("review.decision"):
        named = [name for name, grade in event.payload["answer"]["relevant"].items() if grade == "X"]
        third = searched.contents.suggestion(event.payload["token"]).documents[2]
        assert named == [third.id]
        assert rows[event.payload["token"]].text("document_3").startswith(f"{third.title} (2001-01-01)")


def test_no_cell_of_a_workbook_is_anything_but_text(classified: Review) -> None:
    file = classified.out("xlsx")
    page = openpyxl.load_workbook(file)["review"]
    cells = [cell for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    assert any(str(cell.value).startswith("=HYPERLINK") and cell.quotePrefix for cell in cells)
    assert "12/345678" in {cell.value for cell in cells}
    header = [cell.value for cell in page[1]]
    answers = {"main_symbol", "other_symbols", "cannot_decide"}
    for row in page.iter_rows(min_row=2):
        assert {name for name, cell in zip(header, row, strict=True) if not cell.protection.locked} == answers
    assert page.protection.sheet
    assert [rule.formula1 for rule in page.data_validations.dataValidation] == ['"yes"']


def test_a_workbook_comes_back_after_another_program_saved_it(classified: Review) -> None:
    file = classified.out("xlsx")
    before = [row.cells for row in rows_of(file)]
    openpyxl.load_workbook(file).save(file)
    assert [row.cells for row in rows_of(file)] == before
    assert classified.back(file).empty == len(classified.batch.items)


def test_no_cell_of_a_csv_begins_as_a_formula(classified: Review) -> None:
    file = classified.out("csv")
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    titles = {classified.contents.content(item.token).texts["title"] for item in classified.batch.items}
    assert {row.text("title") for row in rows_of(file)} == titles


@given(st.text())
def test_a_text_made_harmless_is_found_again(text: str) -> None:
    safe = csv_form.harmless(text)
    assert csv_form.original(safe) == text
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_long_texts_and_control_characters_do_not_break_a_workbook(place: Any) -> None:
    place.classification([{"id": "long", "text": "a\x0bb _x0041_ " + "ä" * 40_000, "main": "A01B"}])
    place.run(place.tricky())
    review = Review(ReviewedRun(place.root / "run"), place.root, Plan(audit_least=1, seeds=0))
    cell = rows_of(review.out("xlsx"))[0].text("text")
    assert len(cell) == 32_767
    assert "[cut: 40," in cell
    assert "_x0041_" not in cell


def test_label_studio_is_given_what_is_suggested_only_where_it_is_shown(classified: Review, shown: Review) -> None:
    hidden = json.loads(classified.out("json").read_text(encoding="utf-8"))
    assert not any("predictions" in task for task in hidden)
    file = shown.out("json")
    tasks = json.loads(file.read_text(encoding="utf-8"))
    assert all(task["predictions"][0]["model_version"] == "tricky" for task in tasks)
    config = beside(file).read_text(encoding="utf-8")
    assert '<Choice value="cannot_decide"/>' in config
    assert shown.back(file).empty == len(tasks)


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_in_a_file_tells_what_an_item_is_there_for(shown: Review, ending: str) -> None:
    file = shown.out(ending)
    said = " ".join(str(value) for row in rows_of(file) for value in row.cells.values())
    if ending != "xlsx":
        said += file.read_text(encoding="utf-8")
    assert not any(word in said for word in ("seed", "audit", "flag", "planted"))
    assert not any(f'"{item.item_id}"' in said for item in shown.batch.items)


def test_the_same_file_twice_changes_nothing(classified: Review) -> None:
    file = classified.out("csv")
    fill(file, own_answer)
    classified.back(file)
    head = classified.ledger.head
    again = classified.back(file)
    assert (again.new, again.same) == (0, len(classified.batch.items))
    assert classified.ledger.head == head


def test_a_file_may_come_back_bit_by_bit(classified: Review) -> None:
    file = classified.out("xlsx")
    tokens = [row.text("token") for row in rows_of(file)]

    def only(count: int) -> Change:
        return lambda cells: own_answer(cells) if cells["token"] in tokens[:count] else None

    fill(file, only(3))
    assert (classified.back(file).new, len(classified.events("review.first_answer"))) == (3, 3)
    assert len(rows_of(classified.out("csv"))) == len(tokens) - 3
    second = classified.out("csv", stage="second")
    assert {row.text("token") for row in rows_of(second)} == set(tokens[:3])
    fill(file, only(5))
    done = classified.back(file)
    assert (done.new, done.same) == (2, 3)


@pytest.mark.parametrize(
    ("change", "column", "word"),
    [
        ({"main_symbol": "", "other_symbols": "G06F"}, "main_symbol", "first field"),
        ({"main_symbol": "Q99Z"}, "main_symbol", "Q99Z"),
        ({"main_symbol": "A01B", "other_symbols": "A01B 1/999"}, "other_symbols", "A01B 1/999"),
        ({"main_symbol": "A01B", "cannot_decide": "yes"}, "cannot_decide", "Keep one"),
        ({"cannot_decide": "maybe"}, "cannot_decide", "none of yes"),
    ],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_half_filled_and_wrong_rows_are_named_and_nothing_is_taken(
    classified: Review, ending: str, change: Cells, column: str, word: str
) -> None:
    file = classified.out(ending)
    wrong = rows_of(file)[2].text("token")
    fill(file, lambda cells: cells.update(change) if cells["token"] == wrong else own_answer(cells))
    with pytest.raises(UserError) as caught:
        classified.back(file)
    place = {"xlsx": "row 4", "csv": "row 4", "jsonl": "line 3", "json": "task 3"}[ending]
    assert f"{place}" in str(caught.value)
    assert f"column {column}" in str(caught.value)
    assert word in str(caught.value)
    assert "Nothing was imported" in str(caught.value)
    assert not classified.events("review.first_answer")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"decision": "differs", "main_symbol": "A01B"}, "rationale"),
        ({"rationale": "because"}, "decision"),
        ({"decision": "accepted"}, "decision"),
        ({"decision": "agrees", "main_symbol": "E21B"}, "decision"),
        ({"decision": "differs", "rationale": "x"}, "main_symbol"),
    ],
)
def test_a_decision_is_whole_or_refused(shown: Review, change: Cells, column: str) -> None:
    file = shown.out("jsonl")
    fill(file, lambda cells: cells.update(change))
    with pytest.raises(UserError, match=f"column {column}"):
        shown.back(file)


def test_who_cannot_decide_may_say_so(shown: Review) -> None:
    file = shown.out("csv")
    fill(file, lambda cells: cells.update(decision="cannot_decide"))
    shown.back(file)
    assert {event.payload["decision"] for event in shown.events("review.decision")} == {"cannot_decide"}


def test_a_correction_must_be_asked_for_and_both_are_kept(shown: Review) -> None:
    file = shown.out("xlsx")
    fill(file, agrees)
    shown.back(file)
    fill(file, lambda cells: cells.update(decision="differs", main_symbol="E21B", rationale="seen too late"))
    with pytest.raises(UserError, match="--supersede"):
        shown.back(file)
    assert shown.back(file, supersede=True).corrected == len(shown.batch.items)
    assert len(shown.events("review.decision")) == len(shown.events("review.superseded")) == len(shown.batch.items)
    again = shown.back(file, supersede=True)
    assert (again.corrected, again.same) == (0, len(shown.batch.items))


def test_first_answers_are_not_corrected(classified: Review) -> None:
    file = classified.out("csv")
    fill(file, own_answer)
    classified.back(file)
    fill(file, lambda cells: cells.update(main_symbol="E21B"))
    with pytest.raises(UserError, match="First answers are not corrected"):
        classified.back(file, supersede=True)


def test_two_reviewers_see_the_same_items_in_another_order_and_a_third_is_not_needed(shown: Review) -> None:
    files = [shown.out("csv", name) for name in ("anna", "bob")]
    orders = [[row.text("token") for row in rows_of(file)] for file in files]
    assert orders[0] != orders[1]
    assert set(orders[0]) == set(orders[1])
    for file in files:
        fill(file, agrees)
        shown.back(file)
    with pytest.raises(UserError, match="nothing is left for 'cleo'"):
        shown.out("csv", "cleo")


def test_a_file_of_another_run_or_of_somebody_else_is_refused(shown: Review, classified: Review) -> None:
    file = shown.out("csv")
    fill(file, agrees)
    with pytest.raises(UserError, match="another run"):
        take(file, rows_of(file), classified.contents, classified.ledger)
    text = file.read_bytes()
    file.write_bytes(text.replace(b"/anna/", b"/bob/"))
    with pytest.raises(UserError, match="does not fit"):
        shown.back(file)
    file.write_bytes(text.replace(b"/anna/", b"/bob/", 1))
    with pytest.raises(UserError, match="not that of the first row"):
        shown.back(file)
    file.write_bytes(text)
    with pytest.raises(UserError, match="knows of no second file"):
        take(file, rows_of(file), shown.contents, FileLedger(shown.folder / "other.jsonl"))


def test_tokens_are_checked(shown: Review) -> None:
    file = shown.out("jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[0])
    fill(file, agrees)
    with pytest.raises(UserError, match="stands at"):
        shown.back(file)
    file.write_bytes(lines[0].replace(json.loads(lines[0])["token"].encode(), b"zzzzzzzzzz"))
    fill(file, agrees)
    with pytest.raises(UserError, match="no 'zzzzzzzzzz'"):
        shown.back(file)


def test_a_filled_file_is_never_overwritten(classified: Review) -> None:
    file = classified.out("csv")
    with pytest.raises(UserError, match="there already"):
        export(classified.contents, classified.ledger, "anna", file)
    with pytest.raises(UserError, match="no folder"):
        export(classified.contents, classified.ledger, "anna", file.parent / "no" / "x.csv")
    with pytest.raises(UserError, match="end with"):
        export(classified.contents, classified.ledger, "anna", file.with_suffix(".ods"))
    with pytest.raises(UserError, match="pseudonym"):
        export(classified.contents, classified.ledger, "Anna Muster", file.with_name("y.csv"))


def test_a_closed_batch_takes_no_answers(shown: Review) -> None:
    file = shown.out("csv")
    fill(file, agrees)
    shown.ledger.append("audit.revealed", "chief", "administrator", {"batch": shown.batch.id, "tokens": []})
    with pytest.raises(UserError, match="closed"):
        shown.back(file)
    with pytest.raises(UserError, match="closed"):
        shown.out("csv")


def test_damaged_files_are_named(classified: Review) -> None:
    file = classified.folder / "x.csv"
    for ending, content, word in [
        ("csv", "Größe;ticket\n".encode("cp1252"), "UTF-8"),
        ("csv", b"a,b\n1,2\n", "ticket"),
        ("csv", b"", "ticket"),
        ("xlsx", b"no workbook", "XLSX"),
        ("jsonl", b"[1]\n", "an object"),
        ("jsonl", b"{\n", "JSON"),
        ("json", b"{}", "list of tasks"),
        ("json", b'[{"data": {}, "annotations": [{}, {}]}]', "2 annotations"),
        ("jsonl", b"", "no rows"),
    ]:
        file = classified.folder / f"x.{ending}"
        file.write_bytes(content)
        with pytest.raises(UserError, match=word):
            take(file, rows_of(file), classified.contents, classified.ledger)
    with pytest.raises(UserError, match="no such file"):
        rows_of(classified.folder / "nowhere.csv")


def test_the_run_is_found_by_the_ticket(classified: Review, tmp_path: Path) -> None:
    file = classified.out("csv")
    batch = classified.batch.id
    assert find_run(file, batch, [classified.folder]) == classified.run.path
    inside = classified.run.path / "review" / "x.csv"
    assert find_run(inside, batch, []) == classified.run.path
    with pytest.raises(UserError, match="--run"):
        find_run(file, batch, [])


def test_the_commands(classified: Review, capsys: pytest.CaptureFixture[str]) -> None:
    run, file = str(classified.run.path), classified.folder / "c.xlsx"
    to = ["--to", str(file), "--reviewer", "cleo"]
    assert main(["review", "export", run, *to]) == 0
    assert "first part" in capsys.readouterr().out
    assert main(["review", "export", run, *to[:2], "--reviewer", "dora"]) == 1
    assert "there already" in capsys.readouterr().err
    assert main(["review", "export", run, "--to", f"{file}.csv", "--reviewer", "dora", "--audit", "5"]) == 1
    assert "Leave out --audit" in capsys.readouterr().err
    assert main(["review", "export", run, "--to", f"{file}.csv", "--reviewer", "d", "--audit", "5", "--new"]) == 0
    fill(file, own_answer)
    capsys.readouterr()
    assert main(["review", "import", str(file), "--run", run]) == 0
    head = capsys.readouterr().out.split()[-1]
    assert main(["review", "status", run]) == 0
    assert f"cleo: {len(classified.batch.items)} first answers, 0 of" in capsys.readouterr().out
    assert main(["review", "verify", run, "--anchor", head]) == 0
    assert head in capsys.readouterr().out
    ledger = store.default_ledger(classified.run.path)
    ledger.write_bytes(ledger.read_bytes().replace(b"cleo", b"clea", 1))
    assert main(["review", "verify", str(ledger)]) == 1
    out = capsys.readouterr().out
    assert "BROKEN" in out
    assert "line " in out


def test_sealing_by_command(classified: Review, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(classified.run.path)
    assert main(["review", "seal", run, "--actor", "chief", "--retire", "24"]) == 1
    assert "--archive" in capsys.readouterr().err
    assert main(["review", "seal", run, "--actor", "chief", "--retire", "24", "--destroy"]) == 0
    said = capsys.readouterr().out
    assert "event 3" in said
    assert "0 sealed files" in said
    classified.out("csv")
    assert main(["review", "verify", run]) == 0
    assert main(["review", "seal", f"{run}/nowhere.jsonl", "--actor", "chief"]) == 1
