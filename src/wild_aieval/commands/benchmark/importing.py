"""Make a benchmark folder from files of rows or from what offices publish."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_aieval.benchmarks.importer import ImportReport
    from wild_aieval.benchmarks.options import ImportOptions

_ABOUT = {
    "version": "version of the benchmark (1.0.0)",
    "title": "one line",
    "description": "a few sentences for the card",
    "language": "BCP 47 tag of the texts (en)",
    "source_language": "translation: language of the source",
    "target_language": "translation: language of the target",
    "scheme": "classification: IPC or CPC (IPC)",
    "edition": "edition of the scheme (IPC: 2023.01)",
    "label_level": "section, class, subclass, main_group or subgroup (subclass)",
    "label_origin": "who gave the labels, WIPO ST.8: H persons, M propagated, G software",
    "clusters_are": "what a cluster is: document, family or applicant (told by the column's name where it can be)",
    "licence": "licence of the data as SPDX expression, or LicenseRef-NAME (unknown)",
    "terms_of_use": "what the licence allows, or where that stands",
    "use": "any, non-commercial or research (as far as the licence's name tells)",
    "retention": "last day on which the data may be kept, YYYY-MM-DD",
    "contributor": "who gives the data (unknown)",
    "confidentiality": "open, shared-scores or aggregate-only (aggregate-only)",
}
_FLAGS = {"label_level": "--level"}
_LINES = 60  # of what was read, on the screen
_FORMATS = ("jsonl", "csv", "tsv", "parquet", "xlsx", "tmx", "xliff", "lines", "beir", "trec", "clefip", "office")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """SOURCE and what is said about it."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a file of rows; for search a BEIR folder; an office's XML or SGML as file, folder or archive; "
        "hub:ORG/NAME, a Hugging Face data set; or 'ipc-scheme', built from IPC titles",
    )
    parser.add_argument("--task", default="", help="classification, translation or search")
    parser.add_argument("--name", default="", help="name of the benchmark's folder, such as 'us-grants'")
    parser.add_argument("--to", default="", metavar="ROOT", help="the folder is ROOT/<task>/<name>")
    parser.add_argument("--format", default="", choices=_FORMATS, help="where the file's ending does not tell")
    parser.add_argument(
        "--column", action="append", default=[], metavar="OURS=THEIRS", help="name of a column in the file; repeatable"
    )
    parser.add_argument("--cluster", default="", metavar="COLUMN", help="the same as --column cluster=COLUMN")
    parser.add_argument("--train-until", default="", metavar="YYYY-MM-DD", help="last day of the training rows")
    parser.add_argument("--test-until", default="", metavar="YYYY-MM-DD", help="leave out rows after this day")
    parser.add_argument("--office", action="append", default=[], metavar="ST.3", help="office of origin; repeatable")
    parser.add_argument("--synthetic", action="store_true", help="the texts are invented, not real filings")
    parser.add_argument("--skip-bad", action="store_true", help="leave bad rows out and count them")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="put a higher --version in the place of an older one, which is kept as .NAME-VERSION",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    hub = parser.add_argument_group("a data set of the Hugging Face hub")
    hub.add_argument(
        "--split", action="append", default=[], metavar="PART=SPLIT", help="such as test=validation (test=test)"
    )
    hub.add_argument("--revision", default="", metavar="COMMIT", help="a commit (the newest one)")
    hub.add_argument("--config", default="", help="where the data set has several")
    _office_arguments(parser.add_argument_group("publications of an office"))
    for name, text in _ABOUT.items():
        parser.add_argument(_FLAGS.get(name, "--" + name.replace("_", "-")), dest=name, default="", help=text)


def _office_arguments(group: argparse._ArgumentGroup) -> None:
    """What a benchmark takes from publications."""
    group.add_argument(
        "--text", default="", metavar="PARTS", help="abstract, claims, first_claim, description, joined by commas "
        "(the abstract, else the first claim)",
    )  # fmt: skip
    group.add_argument(
        "--kind", action="append", default=[], metavar="CODE", help="kind codes, such as B1 or B; repeatable"
    )
    group.add_argument("--register", default="", metavar="PARTS", help="translation: title, abstract, claim (all)")
    group.add_argument(
        "--phase", default="", metavar="PHASES", help="search: who cited: search, examination, applicant, …"
    )
    group.add_argument(
        "--untyped",
        default="1",
        metavar="GRADE",
        help="search: grade of a citation without category (1); '' leaves it out",
    )


def run(arguments: argparse.Namespace) -> int:
    """Import, and print what was taken and what was left out."""
    import json
    from pathlib import Path

    from wild_aieval.benchmarks import ipc_scheme

    if arguments.source == ipc_scheme.NAME and not Path(arguments.source).exists():
        root = Path(arguments.to) if arguments.to else ipc_scheme.default_root()
        report = ipc_scheme.import_scheme(root, arguments.replace, arguments.version or "1.0.0")
    else:
        report = _imported(_options(arguments), arguments)
    if arguments.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        _print_report(report)
    return 0


def _imported(options: ImportOptions, arguments: argparse.Namespace) -> ImportReport:
    """By what the source is: a data set of the hub, what an office publishes, or rows of a table."""
    from wild_aieval.benchmarks import hub_import, importer

    if arguments.source.startswith(hub_import.PREFIX):
        splits = _pairs("--split", arguments.split, "PART=SPLIT") or {"test": "test"}
        name = arguments.source.removeprefix(hub_import.PREFIX)
        choice = hub_import.HubChoice(name, splits, arguments.revision, arguments.config)
        return hub_import.import_hub(options, choice)
    return _publications(options, arguments) if _is_office(options) else importer.import_benchmark(options)


def _is_office(options: ImportOptions) -> bool:
    from wild_aieval.benchmarks import office_import

    return options.format == office_import.FORMAT or (
        not options.format and office_import.is_office(options.source, options.task)
    )


def _publications(options: ImportOptions, arguments: argparse.Namespace) -> ImportReport:
    from wild_aieval.benchmarks.office.choice import REGISTERS, Choice
    from wild_aieval.benchmarks.office_import import import_publications

    def listed(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())

    choice = Choice(
        text=listed(arguments.text),
        language=arguments.language,
        kinds=tuple(arguments.kind),
        scheme=arguments.scheme or "IPC",
        label_origin=arguments.label_origin,
        untyped=arguments.untyped,
        phases=listed(arguments.phase),
        source=arguments.source_language,
        target=arguments.target_language,
        registers=listed(arguments.register) or REGISTERS,
    )
    return import_publications(options, choice)


def _options(arguments: argparse.Namespace) -> ImportOptions:
    from pathlib import Path

    from wild_aieval.benchmarks.options import ImportOptions
    from wild_aieval.errors import UserError

    if missing := [f"--{flag}" for flag in ("task", "name", "to") if not getattr(arguments, flag)]:
        raise UserError(f"benchmark import: say {', '.join(missing)} as well; 'benchmark import --help' explains them.")
    return ImportOptions(
        source=Path(arguments.source),
        task=arguments.task,
        name=arguments.name,
        root=Path(arguments.to),
        format=arguments.format,
        columns=_columns(arguments),
        train_until=_day(arguments.train_until, "--train-until"),
        test_until=_day(arguments.test_until, "--test-until"),
        skip_bad=arguments.skip_bad,
        replace=arguments.replace,
        about={name: getattr(arguments, name) for name in _ABOUT}
        | {"offices": arguments.office, "synthetic": arguments.synthetic},
    )


def _columns(arguments: argparse.Namespace) -> dict[str, str]:
    given = [*arguments.column, *([f"cluster={arguments.cluster}"] if arguments.cluster else [])]
    return _pairs("--column", given, "OURS=THEIRS, such as 'text=abstract'")


def _pairs(flag: str, given: Sequence[str], expected: str) -> dict[str, str]:
    """``NAME=VALUE`` options by name; UserError for another form, or a name that is given twice."""
    from wild_aieval.errors import UserError

    found: dict[str, str] = {}
    for text in given:
        ours, equals, theirs = text.partition("=")
        if not (ours and equals and theirs):
            raise UserError(f"{flag} {text}: expected {expected}.")
        if ours in found:
            raise UserError(f"{flag} {text}: '{ours}' is given twice. Keep one of the two.")
        found[ours] = theirs
    return found


def _day(text: str, flag: str) -> Any:
    import datetime

    from wild_aieval.errors import UserError

    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"{flag} {text}: expected a day written YYYY-MM-DD.") from None


def _print_reading(report: ImportReport) -> None:
    """What was read from which file; the rest is in the report that lies in the folder."""
    lines = report.reading.in_short() if report.reading else []
    for line in lines[:_LINES]:
        print(f"  {line}")
    if len(lines) > _LINES:
        print(f"  … and {len(lines) - _LINES:,} more lines in {report.folder / 'import-report.json'}")


def _print_report(report: ImportReport) -> None:
    print(f"{report.folder} (version {report.version})")
    for part, count in report.taken.items():
        print(f"  {part}: {count:,} rows")
    _print_reading(report)
    for file, tally in report.left_out.items():
        for what, counts in (("rows", tally.skipped), ("values", tally.dropped)):
            for reason, count in counts.most_common():
                print(f"  left out of {file}: {count:,} {what}, {reason}")
                for example in tally.examples[reason]:
                    print(f"    {example}")
    for note in report.notes:
        print(f"  note: {note}")
    print(f"Run it:\n  {report.command}")
