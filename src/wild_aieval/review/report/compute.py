"""The whole report as plain data: figures, groups, reasons, alarms, sentences, and the head of the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval import __version__, schema_version
from wild_aieval.comparison.wording import Words
from wild_aieval.confidentiality import cells, reviews
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import Event
from wild_aieval.oversight.risk.certificate import SCHEMA_VERSION as CERTIFICATES_VERSION
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.review.batch import Batch
from wild_aieval.review.report import agreeing, alarms, flags, people, sentences
from wild_aieval.review.report.alarms import Stream
from wild_aieval.review.report.figure import Figure, not_measured
from wild_aieval.review.report.material import GROUPS, Material, collect

SCHEMA_VERSION = 1
SMALL = 10
JSON, CERTIFICATES = "review.json", "certificates.json"


@dataclass(frozen=True, slots=True)
class Question:
    """``limit``: the share of wrong suggestions among those not flagged at which the alarm is aimed."""

    limit: float = 0.05
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Report:
    """``data`` is ``review.json``; streams and materials are what figures are drawn from and traces are marked with."""

    data: dict[str, Any]
    materials: tuple[Material, ...]
    streams: tuple[Stream, ...]


def compute(
    folder: RunFolder, batches: Sequence[Batch], events: Iterable[Event], head: tuple[int, str], question: Question
) -> Report:
    """Everything that a report says. Computed again from the same ledger it is the same."""
    materials = [material for material in collect(folder, batches, events) if material.looked or not batches]
    streams = [alarms.stream(material, question.limit) for material in materials]
    certificates = _certificates(folder)
    language = sentences.words(question.language)
    results = [
        _result(material, stream, certificates, language) for material, stream in zip(materials, streams, strict=True)
    ]
    data = {
        "schema_version": SCHEMA_VERSION,
        "wild_aieval": __version__,
        "model": str(folder.read_json("summary.json")["model"]),
        "language": question.language,
        "ledger": {"events": head[0], "head": head[1], "sentence": sentences.of_head(head, language)},
        "batches": [_batch(batch) for batch in batches],
        "results": results,
    }
    return Report(data, tuple(materials), tuple(streams))


def figures_of(material: Material) -> list[Figure]:
    """Every figure about one benchmark or group."""
    return [*flags.figures(material), *people.figures(material), *agreeing.figures(material)]


def _result(
    material: Material, stream: Stream, certificates: Sequence[dict[str, Any]], language: Words
) -> dict[str, Any]:
    entry = material.result.entry
    own = [found for found in certificates if _is_of(found, str(entry["benchmark"]))]
    figures = [_certified(own), *figures_of(material)]
    smallest = material.result.rules.smallest

    def few(count: int) -> bool:
        return cells.small(count, smallest)

    found = {
        "benchmark": entry["benchmark"],
        "version": entry["version"],
        "task": entry["task"],
        "synthetic": entry["synthetic"],
        "confidentiality": entry["confidentiality"],
        "certificates": [_said(found) for found in own],
        "process": _process(material),
        "figures": [figure.as_dict() for figure in figures],
        "overrides_by_reason": {
            code: figure.as_dict() for code, figure in people.overrides_by_reason(material).items()
        },
        "reasons": _reasons(material),
        "arms": [
            people.agreement_with_suggestions(material, mode, misleads).as_dict()
            for mode in ("shown", "hidden_first")
            for misleads in (False, True)
        ],
        "confusion": agreeing.confusion(agreeing.answers(material)),
        "alarm": stream.as_dict(),
        "groups": _groups(material),
        "sentences": [
            *[str(found["statement"]) for found in own],
            *sentences.of_figures([figure for figure in figures if not few(figure.n)], language),
            *([sentences.of_alarm(stream, language)] if stream.wrong and _told(stream, few(len(stream.wrong))) else []),
        ],
    }
    return reviews.shown(found)


def _told(stream: Stream, few: bool) -> bool:
    """An alarm is told whatever it rests on; that there is none only where it rests on enough items."""
    return stream.raised is not None or not few


def _process(material: Material) -> dict[str, int]:
    """How far the reviews are."""
    rows = material.looked
    reviews = [review for row in rows for review in row.said.reviews]
    return {
        "items_in_batches": len(rows),
        "decided": sum(row.said.differs is not None for row in rows),
        "reviewers_apart": sum(_apart(row) for row in rows),
        "adjudicated": sum(row.said.ruling is not None for row in rows),
        "reviews": len(reviews),
        "corrected": sum(review.corrected > 0 for review in reviews),
        "reviewers": len({review.reviewer for review in reviews}),
        "planted": len(material.planted),
    }


def _apart(row: Any) -> bool:
    """Whether two reviewers decided differently and nobody has adjudicated."""
    return row.said.ruling is None and len({review.differs for review in row.said.reviews if review.decides}) > 1


def _reasons(material: Material) -> list[dict[str, Any]]:
    """How many items each reason called for, by office where there are several."""
    offices = material.groups("office") or [""]
    counts: dict[tuple[str, str, str], int] = {}
    for item in material.items:
        office = item.groups.get("office", "") if len(offices) > 1 else ""
        for code, kind in item.reasons:
            counts[office, code, kind] = counts.get((office, code, kind), 0) + 1
    return [
        {"office": office, "code": code, "kind": kind, "items": count}
        for (office, code, kind), count in sorted(counts.items())
    ]


def _groups(material: Material) -> list[dict[str, Any]]:
    """The same figures by office and section; groups of fewer than ten items have none."""
    found = []
    for kind in GROUPS:
        for value in material.groups(kind):
            part = material.of_group(kind, value)
            figures = figures_of(part) if len(part.items) >= SMALL else []
            own = {"by": kind, "group": value, "n": len(part.items)}
            found.append(own | {"figures": [figure.as_dict() for figure in figures]})
    return found


def _batch(batch: Batch) -> dict[str, Any]:
    purposes: dict[str, int] = {}
    for item in batch.items:
        purposes[item.purpose] = purposes.get(item.purpose, 0) + 1
    return {"id": batch.id, "digest": batch.digest, "created": batch.created, "task": batch.task, "items": purposes}


def _certificates(folder: RunFolder) -> list[dict[str, Any]]:
    """What was certified from this run; nothing where nobody asked."""
    file = folder.path / CERTIFICATES
    if not file.is_file():
        return []
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        schema_version.check(content["schema_version"], CERTIFICATES_VERSION, file)
        return list(content["certificates"])
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{file}: cannot be read as certificates. Write it again with: python -m wild_aieval certify {folder.path}"
        ) from None


def _is_of(certificate: dict[str, Any], benchmark: str) -> bool:
    return str(certificate["population"]["benchmark"]) in (benchmark, benchmark.partition("/")[2])


def _said(certificate: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "kind", "certified", "statement", "group", "alpha", "delta", "cp_upper", "valid_until")
    return {name: certificate.get(name) for name in names}


def _certified(certificates: Sequence[dict[str, Any]]) -> Figure:
    """1 where the claim for the whole benchmark holds, 0 where it was tested and does not."""
    name, of = "review.certified", "unflagged calibration items"
    whole = [found for found in certificates if found["group"] is None]
    if not whole:
        return not_measured(name, "nothing was certified from this run", of)
    found = whole[0]
    if found.get("refused"):
        return not_measured(name, f"nothing could be certified: {found['refused']}", of)
    upper = found.get("cp_upper")
    more = (("cp_upper", float(upper)),) if upper is not None else ()
    n, errors = int(found.get("n_unflagged") or 0), found.get("errors")
    k = None if errors is None else int(errors)
    return Figure(name, float(found["certified"]), None, None, k, n, of, "see the certificate", more=more)
