"""From the rows of a file of outputs to one answer per item id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from wild_aieval.confidentiality.quoting import named
from wild_aieval.errors import UserError, nearest
from wild_aieval.items import Failure, Hit
from wild_aieval.models import json_answers
from wild_aieval.models.json_answers import Output
from wild_aieval.models.outputs.read import READERS, Row, Source, text_lines

Columns = Mapping[str, Sequence[str]]
# What a file tells of each item, by task: the name of the column is the same where 'columns' names no other.
NAMES = {
    "classification": ("id", "symbols", "scores", "error"),
    "translation": ("id", "translation", "score", "error"),
    "search": ("id", "documents", "scores", "error"),
}
_MUST = {"classification": ("id", "symbols"), "translation": ("id", "translation"), "search": ("id", "documents")}


class Layout(NamedTuple):
    """Columns by what they tell, what separates values within a cell, and the decimal sign."""

    columns: Columns
    separator: str
    decimal: str


class Answers(NamedTuple):
    """Answers by item id; or ``lines``, one for each item of the benchmark in its order."""

    by_id: dict[str, Output]
    lines: tuple[str, ...] | None = None


def read(task: str, form: str, source: Source, layout: Layout) -> Answers:
    """Every answer of a file, checked; UserError names the first fault."""
    if not source.content.strip():
        raise UserError(f"{source.path}: the file is empty. Hand in a file with one answer for each item.")
    if form == "lines":
        return Answers({}, tuple(text_lines(source)))
    rows = READERS[form](source)
    answers = _runs(rows) if form == "trec" else _by_id(task, rows, layout)
    if not answers:
        raise UserError(f"{source.path}: the file has a header and no answers.")
    return Answers(answers)


def in_order(lines: Sequence[str], ids: Sequence[str], path: str) -> dict[str, Output]:
    """Plain lines as translations of the items in the order of the benchmark."""
    if len(lines) != len(ids):
        raise UserError(
            f"{path}: {len(lines)} lines, and the benchmark has {len(ids)} items. Expected one line for each item, in "
            "the order of the benchmark; where the order or the number differs, hand in JSON Lines or CSV with ids."
        )
    empty = Failure("the line of this item is empty")
    return {
        name: json_answers.translated(line, None) if line.strip() else empty
        for name, line in zip(ids, lines, strict=True)
    }


def _by_id(task: str, rows: Iterator[Row], layout: Layout) -> dict[str, Output]:
    answers: dict[str, Output] = {}
    places: dict[str, str] = {}
    for row in rows:
        named = _Named(task, row, layout)
        name = named.item_id()
        if name in places:
            raise UserError(
                f"{row.where}: the id '{name}' stands there and in {places[name].rpartition(', ')[2]}. Each item has "
                "one row; take one of them out."
            )
        places[name] = row.where
        answers[name] = named.output()
    return answers


class _Named:
    """One row, with its values by what they tell."""

    def __init__(self, task: str, row: Row, layout: Layout) -> None:
        self._task, self._row, self._layout = task, row, layout
        self._given = json_answers.KEYS[task] in row.fields and task != "translation"
        for name in _MUST[task][:1] if self._given or row.fields.get("error") else _MUST[task]:
            self._present(name)

    def item_id(self) -> str:
        value = self._one("id")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
            raise self._fault("id", f"an id is a text, found {named(value)}")
        return str(value).strip()

    def output(self) -> Output:
        """The answer of the row; UserError where there is something that cannot be read."""
        if told := self._one("error"):
            return Failure(f"the tool says: {str(told).strip()}")
        try:
            if self._given:
                return json_answers.output_of(self._task, self._row.fields)
            return self._translation() if self._task == "translation" else self._ranking()
        except ValueError as fault:
            raise UserError(f"{self._row.where}: {fault}.") from None

    def _translation(self) -> Output:
        text, score = self._one("translation"), self._one("score")
        if isinstance(text, str | None) and not (text or "").strip():
            return Failure("the file has no translation for this item")
        text = str(text) if isinstance(text, int | float) else text  # a workbook keeps '12' as a number
        return json_answers.translated(text, None if score in (None, "") else self._number("score", score))

    def _ranking(self) -> Output:
        what = _MUST[self._task][1]
        names = [str(value).strip() for value in self._many(what)]
        if not names:
            return Failure(f"the file has no {what} for this item")
        scores = [self._number("scores", value) for value in self._many("scores")]
        ranked = json_answers.ranked(names, scores or None)
        return json_answers.suggestions(ranked) if self._task == "classification" else json_answers.hits(ranked)

    def _many(self, name: str) -> list[Any]:
        columns = self._columns(name)
        cells = [self._row.fields.get(column) for column in columns]
        if len(columns) == 1 and isinstance(cells[0], str):
            cells = list(cells[0].split(self._layout.separator))
        elif len(columns) == 1 and isinstance(cells[0], list):
            cells = list(cells[0])
        return [cell for cell in cells if cell is not None and str(cell).strip()]

    def _one(self, name: str) -> Any:
        return self._row.fields.get(self._columns(name)[0])

    def _number(self, name: str, value: Any) -> float:
        if isinstance(value, str):
            try:
                value = float(value.strip().replace(self._layout.decimal, "."))
            except ValueError:
                hint = "; set model.decimal to ','" if "," in value and self._layout.decimal == "." else ""
                raise self._fault(name, f"a score is a number, found {named(value.strip())}{hint}") from None
        try:
            return json_answers.number(value, "the score")
        except ValueError as fault:
            raise self._fault(name, str(fault)) from None

    def _present(self, name: str) -> None:
        for column in self._columns(name):
            if column not in self._row.fields:
                raise UserError(
                    f"{self._row.where}: the column '{column}' ({name}) is missing. "
                    f"{nearest(column, self._row.fields)} Name the file's own columns with model.columns, for example "
                    f"{{{name}: {next(iter(self._row.fields))}}}."
                )

    def _columns(self, name: str) -> Sequence[str]:
        return self._layout.columns.get(name) or (name,)

    def _fault(self, name: str, what: str) -> UserError:
        return UserError(f"{self._row.where}, column '{', '.join(self._columns(name))}': {what}. Mend this row.")


def _runs(rows: Iterator[Row]) -> dict[str, Output]:
    """A TREC run; documents by score, ties by id, as the harness orders them. The rank is not looked at."""
    found: dict[str, dict[str, Hit]] = {}
    places: dict[tuple[str, str], str] = {}
    for row in rows:
        query, document = row.fields["id"], row.fields["document"]
        try:
            score = json_answers.number(float(row.fields["score"]), "the score")
        except ValueError:
            raise UserError(
                f"{row.where}, field 5: a score is a finite number, found {named(row.fields['score'])}. Mend this line."
            ) from None
        if (query, document) in places:
            before = places[query, document].rpartition(", ")[2]
            raise UserError(f"{row.where}: query '{query}' has document '{document}' there and in {before}.")
        places[query, document] = row.where
        found.setdefault(query, {})[document] = Hit(document, score)
    return {query: sorted(hits.values(), key=lambda hit: (-hit.score, hit.id)) for query, hits in found.items()}
