"""Import what an office publishes (XML, SGML, archives of it) as a benchmark folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.declared import declared, fingerprints, presumed
from wild_aieval.benchmarks.faults import Tally
from wild_aieval.benchmarks.importer import ImportReport, divided, left_out_notes, remarks, report
from wild_aieval.benchmarks.load import Placed
from wild_aieval.benchmarks.manifest import Manifest, parse_manifest
from wild_aieval.benchmarks.office.choice import Choice
from wild_aieval.benchmarks.office.made import Made
from wild_aieval.benchmarks.office.read import read
from wild_aieval.benchmarks.office.report import Report
from wild_aieval.benchmarks.office.rows import rows
from wild_aieval.benchmarks.options import ImportOptions
from wild_aieval.benchmarks.rows import checked, judgments_resolve
from wild_aieval.benchmarks.writer import NewBenchmark
from wild_aieval.errors import UserError
from wild_aieval.standards.languages import canonical

FORMAT = "office"
ENDINGS = (".xml", ".sgm", ".sgml", ".zip", ".tar", ".tgz", ".gz", ".greenbook")
PROVENANCE, READING = "provenance.jsonl", "import-report.json"
Fields = dict[str, Any]


def is_office(path: Path, task: str) -> bool:
    """Whether a source looks like what an office publishes, rather than rows of a table."""
    if path.is_dir():
        return task != "search" or not (path / "corpus.jsonl").is_file()
    return path.suffix.lower() in ENDINGS


def import_publications(options: ImportOptions, choice: Choice) -> ImportReport:
    """Read every publication of a file, folder or archive, and write ``root/task/name``.

    A record that cannot be used is left out and named by file and byte; ``provenance.jsonl`` says of each row which
    record it comes from, ``import-report.json`` what was taken from which file and what was not.

    Raises:
        UserError: for a wrong option, where nothing could be taken, or where the folder exists.
    """
    reading = Report(strict=False)
    made = _canonical(rows(options.task, read(options.source, reading), choice))
    _something(options, made, reading)
    fields = _fields(options, made)
    draft = _draft(options.task, fields)
    tally = Tally(tolerant=True)
    placed = divided(options, _checked(draft, made, tally), {"test": tally})
    parts = {part: [row for _, row in rows] for part, rows in placed.items()}
    left_out = {"publications": made.left_out, "rows": tally}
    said = (*made.notes, *remarks(draft, parts))
    notes = (*_read_notes(reading), *left_out_notes(left_out), *said)
    extra = {
        PROVENANCE: _provenance(made, parts),
        READING: [json.dumps({"schema_version": 1, **reading.as_dict()}, ensure_ascii=False, indent=1)],
    }
    new = NewBenchmark(fields, parts, notes, extra)
    found = report(new, options.root, options.replace, left_out, (*said, *presumed(options, fields)))
    return ImportReport(**{**_plain(found), "reading": reading})


def _plain(found: ImportReport) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ImportReport.__dataclass_fields__}


def _canonical(made: Made) -> Made:
    """Languages as manifests write them; the records have them in lower case."""
    for found in made.parts.values():
        for row in found:
            if language := row.fields.get("language"):
                row.fields["language"] = canonical(language)
    return made


def _something(options: ImportOptions, made: Made, reading: Report) -> None:
    """UserError where there is nothing to make a benchmark of; it says what was read and why nothing was taken."""
    empty = [part for part, found in made.parts.items() if not found]
    if not empty:
        return
    left = made.left_out.skipped + made.left_out.dropped
    reasons = [f"{count:,}: {reason}" for reason, count in left.most_common(5)]
    lines = reading.lines()[:5]
    told = f" Not taken: {'; '.join(reasons)}." if reasons else ""
    told += " The documents that are cited have to be in the source as well." if options.task == "search" else ""
    raise UserError(
        f"{options.source}: nothing for '{empty[0]}' of a {options.task} benchmark was found."
        f"{told} Read: {' | '.join(lines) or 'nothing'}"
    )


def _fields(options: ImportOptions, made: Made) -> Fields:
    """What the user said, else what follows from the rows, else what is presumed."""
    source = options.source
    told = fingerprints(source.parent, [source.name]) if source.is_file() else [f"the folder {source.name}"]
    fields = declared(options, told)
    said = {name for name, value in options.about.items() if value}
    fields |= {name: value for name, value in made.about.items() if name not in said}
    found = [row.fields for rows in made.parts.values() for row in rows]
    languages = Counter(row["language"] for row in found if row.get("language"))
    if languages and "language" not in said and options.task != "translation":
        fields["languages"] = [language for language, _ in languages.most_common()]
    if "offices" not in said and (offices := Counter(row["office"] for row in found if row.get("office"))):
        fields["offices"] = [office for office, _ in offices.most_common()]
    return fields


def _draft(task: str, fields: Fields) -> Manifest:
    files = {
        "classification": {"test": "test.jsonl"},
        "translation": {"test": "test.jsonl"},
        "search": {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"},
    }
    return parse_manifest({**fields, "data": {"format": "jsonl", "files": files[task]}}, "benchmark import")


def _checked(draft: Manifest, made: Made, tally: Tally) -> dict[str, list[Placed]]:
    placed = {part: list(checked(draft, part, found, tally)) for part, found in made.parts.items()}
    if draft.task == "search":
        placed["qrels"] = list(judgments_resolve(placed, tally))
    if empty := [part for part, found in placed.items() if not found]:
        examples = [example for group in tally.examples.values() for example in group]
        raise UserError(f"benchmark import: no row is left for '{empty[0]}'. {' '.join(examples[:2])}")
    return placed


def _read_notes(reading: Report) -> list[str]:
    """What the card says about records that could not be used."""
    kinds = ", ".join(f"{kind} ({count:,})" for kind, count in reading.total.taken.most_common())
    skipped = [f"{count:,} records left out ({reason})." for reason, count in reading.total.skipped.numbers.items()]
    return [f"Publications read: {kinds}.", *skipped] if kinds else skipped


def _provenance(made: Made, parts: Mapping[str, list[Fields]]) -> Iterator[str]:
    """A line for each record of each row that is in the benchmark, with the part that the row is in."""
    where = {
        (part if "corpus" in parts else "", row["id"]): part
        for part, found in parts.items()
        for row in found
        if "id" in row
    }
    for line in made.provenance_rows():
        part = where.get((line["part"] if "corpus" in parts else "", line["id"]))
        if part is not None:
            yield json.dumps({**line, "part": part}, ensure_ascii=False)
