"""What the manifest and the folder leave unsaid, and how much the benchmark weighs."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from wild_aieval.benchmarks.card import UNKNOWN
from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, many
from wild_aieval.benchmarks.manifest import MANIFEST_FILE
from wild_aieval.benchmarks.places import data_folder
from wild_aieval.benchmarks.shape import within_limits
from wild_aieval.errors import UserError
from wild_aieval.standards.offices import ST3_CODES

EXAMPLE = "example-"  # ids of the rows that 'benchmark init' writes begin so
HEAVY = 100_000_000  # bytes: the size from which on common hosts of repositories refuse a file


def unsaid_fields(subject: Subject) -> Iterator[Finding]:
    """``licence-unknown``, ``contributor-unknown``, ``confidentiality-unstated``, ``card-missing``."""
    manifest = subject.manifest
    for name in ("licence", "contributor"):
        if str(getattr(manifest, name)).strip().casefold() in (UNKNOWN, "", "none", "n/a", "tbd", "todo", "?"):
            message = (
                f"the {name} is '{getattr(manifest, name)}'; others cannot use what they do not know the terms of."
            )
            yield Finding(f"{name}-unknown", "warning", f"{message} Say it.", f"{MANIFEST_FILE}: {name}")
    if "confidentiality" not in _stated(subject):
        message = (
            f"'confidentiality' is not stated, so '{manifest.confidentiality}' is taken: texts stay out of reports and "
            "MLflow. Say open, shared-scores or aggregate-only."
        )
        yield Finding("confidentiality-unstated", "warning", message, f"{MANIFEST_FILE}: confidentiality")
    if not (subject.folder / "README.md").is_file():
        message = (
            "the card is missing: what the rows are, how they were made, their limits and their licence. Write it."
        )
        yield Finding("card-missing", "warning", message, "README.md")


def example_rows(subject: Subject) -> Iterator[Finding]:
    """``example-rows``: rows that 'benchmark init' wrote to show the columns."""
    left = Hits()
    for part in subject.parts:
        for where, fields in subject.rows(part):
            if (name := str(fields.get("id", ""))).startswith(EXAMPLE):
                left.add(where, f"'{name}'")
    what = many(left.count, "row is an example", "rows are examples")
    yield from left.finding("example-rows", "warning", f"{what} of 'benchmark init'. Put yours in their place.")


def undeclared_values(subject: Subject) -> Iterator[Finding]:
    """``language-undeclared``, ``office-unknown``: values of rows that the manifest, or WIPO ST.3, does not know."""
    languages, offices = Hits(), Hits()
    for part in subject.parts:
        for where, fields in subject.rows(part):
            if (language := fields.get("language")) and language not in subject.manifest.languages:
                languages.add(where, f"'{fields['id']}' is in '{language}'")
            if (office := fields.get("office")) and office not in ST3_CODES:
                offices.add(where, f"'{fields['id']}' is of '{office}'")
    stated = ", ".join(subject.manifest.languages)
    yield from languages.finding(
        "language-undeclared",
        "warning",
        f"{many(languages.count, 'row is', 'rows are')} in a language that the manifest does not name ({stated}): "
        f"{languages.first}. Add it to 'languages', or mend the row.",
    )
    yield from offices.finding(
        "office-unknown",
        "warning",
        f"{many(offices.count, 'row has', 'rows have')} an office that is no code of WIPO ST.3: {offices.first}. Mend "
        "the code.",
    )


def weight(subject: Subject) -> Iterator[Finding]:
    """``size-large``: more than 100 MB of files."""
    root = data_folder(subject.manifest, subject.folder)
    paths = [root / name for name in sorted(set(subject.manifest.data.files.values()))]
    sizes = {path.name: path.stat().st_size for path in paths if path.is_file()}
    if sum(sizes.values()) > HEAVY:
        largest = max(sizes, key=lambda name: sizes[name])
        message = (
            f"the files weigh {sum(sizes.values()) / 1e6:,.0f} MB, '{largest}' {sizes[largest] / 1e6:,.0f} MB: too "
            "much for a repository. Point to a data set of the hub instead (data.hub), or keep fewer rows."
        )
        yield Finding("size-large", "warning", message, largest)


def declared_limits(subject: Subject) -> Iterator[Finding]:
    """``limit-exceeded``: more rows, or a longer one, than the manifest itself allows."""
    for part in subject.parts:
        try:
            for _ in within_limits(subject.manifest, part, subject.rows(part)):
                pass
        except UserError as error:
            yield Finding("limit-exceeded", "error", str(error), f"{MANIFEST_FILE}: limits")


def _stated(subject: Subject) -> set[str]:
    try:
        raw = yaml.safe_load((subject.folder / MANIFEST_FILE).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return set()
    return set(raw) if isinstance(raw, dict) else set()
