"""What a bundle is held against before anything of it is taken: who signed it, when, and what it may hold."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wild_aieval.bundles import content, fields, soundness
from wild_aieval.bundles.file import Sealed
from wild_aieval.bundles.keys import PublicKey
from wild_aieval.bundles.trust import TrustedKeys
from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError
from wild_aieval.records import run_folder
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.salting import ID_DIGITS
from wild_aieval.schema_version import check
from wild_aieval.standards.offices import ST3_CODES
from wild_aieval.visible import on_terminal

SKEW = datetime.timedelta(minutes=10)  # that the clocks of two offices may differ by
Data = Mapping[str, Any]
Installed = Callable[[str, str], str | None]


def signed(bundle: Sealed, trusted: TrustedKeys, now: datetime.datetime) -> PublicKey:
    """The key of the office that the bundle names; UserError for any other signature, key or time."""
    try:
        office, created = str(bundle.content["office"]), _moment(bundle.content["created"])
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f"{bundle.path}: not a whole bundle ({error}). Ask the office to send it again.") from None
    if office not in ST3_CODES:
        raise UserError(
            f"{bundle.path}: it says that it comes from '{on_terminal(office)[:20]}', which is no code of an "
            "office (two letters, WIPO ST.3). No program of ours writes that; nothing is taken."
        )
    known = trusted.of(office)
    if not known:
        offices = ", ".join(sorted({key.office for key in trusted.keys})) or "none yet"
        raise UserError(
            f"{bundle.path}: it says that it comes from '{office}', and no key of that office is known here "
            f"(known: {offices}). "
            "Compare the fingerprint with the office by phone, then: python -m wild_aieval results trust FILE"
        )
    key = next((key for key in known if key.key == bundle.key), None)
    if key is None:
        raise UserError(
            f"{bundle.path}: signed by a key that is not among those of {office} in {trusted.file}. Ask the office "
            "which key it uses; let a new one in with 'results trust' after comparing its fingerprint."
        )
    if not key.verifies(bundle.signature, bundle.raw):
        raise UserError(
            f"{bundle.path}: the signature does not fit the content. The bundle was changed; nothing is taken."
        )
    if created > now + SKEW:
        raise UserError(
            f"{bundle.path}: made at {created.isoformat()}, which is in the future here "
            f"({now.isoformat(timespec='seconds')}). Set the clock that is wrong; the office may have to export again."
        )
    if key.withdrawn:
        raise UserError(
            f"{bundle.path}: signed by a key of {office} that was withdrawn on {key.withdrawn}. Whoever has such a "
            "key can write any date, so nothing more that it signed is taken. Ask for a new export by its new key."
        )
    if not key.valid_from <= created.date().isoformat() <= key.valid_until:
        raise UserError(
            f"{bundle.path}: made on {created.date()}, and the key of {office} is good from {key.valid_from} to "
            f"{key.valid_until}. Ask the office for a bundle signed by its present key."
        )
    return key


def whole(bundle: Sealed) -> None:
    """UserError where something in a bundle is missing, of another kind, or not declared at all."""
    known = fields.declared(fields.Content, bundle.content, str(bundle.path))
    if extra := fields.undeclared(bundle.content, known):
        raise UserError(
            f"{bundle.path}: holds the field '{on_terminal(extra)[:100]}', which no bundle has: it may hold what must "
            "not leave an office. Nothing is taken; delete the file and tell the office."
        )
    origins = [run["origin"] for run in bundle.content["runs"]]
    if len(set(origins)) < len(origins):
        raise UserError(f"{bundle.path}: holds a run twice. Ask the office to export each run once.")
    stated = sorted(run["statistics"] for run in bundle.content["runs"] if run["statistics"])
    if stated != sorted(bundle.content["files"]):
        raise UserError(
            f"{bundle.path}: its runs and its files do not belong together. Ask the office to export again."
        )


def statistics_of(bundle: Sealed) -> list[dict[str, ItemStatistics]]:
    """Per-item statistics of each run by benchmark, none where its class keeps them.

    Raises:
        UserError: for what is damaged, does not fit the figures, and for what may not be there.
    """
    files, found = bundle.files(), []
    for number, run in enumerate(bundle.content["runs"]):
        where = f"{bundle.path}, run {number + 1}"
        summary, name = run["summary"], run["statistics"]
        check(summary["schema_version"], run_folder.SCHEMA_VERSION, where)
        statistics = soundness.load(files[name], where) if name else {}
        _shares_no_more_than_it_may(summary, statistics, where)
        for entry in summary["results"]:
            if entry["benchmark"] in statistics:
                soundness.give(entry, statistics[entry["benchmark"]], where)
        found.append(statistics)
    return found


def same_benchmarks(bundle: Sealed, known: Sequence[Data], installed: Installed) -> None:
    """UserError where a result names a version of an open benchmark that others, or this machine, know as another one.

    ``known``: entries of results that are here already. Guarded benchmarks may have a part in each office.
    """
    digests = {(entry["benchmark"], entry["version"]): entry["digest"] for entry in known if _open(entry)}
    for run in bundle.content["runs"]:
        for entry in filter(_open, run["summary"]["results"]):
            place = (entry["benchmark"], entry["version"])
            here, whose = installed(*place), "the one that is installed here"
            if here is None:
                here, whose = digests.setdefault(place, entry["digest"]), "that of other results of this version"
            if here != entry["digest"]:
                raise UserError(
                    f"{bundle.path}: {place[0]} {place[1]} was measured on another content (digest "
                    f"{entry['digest'][:12]}) than {whose} ({here[:12]}). One of the two is not the published version: "
                    "measure again on it, or raise the version of the changed benchmark."
                )


def _open(entry: Data) -> bool:
    return leaving.rules_of(entry).texts


def _shares_no_more_than_it_may(summary: Data, found: Mapping[str, ItemStatistics], where: str) -> None:
    """What the class of a benchmark keeps at home must not be here, whatever program wrote it."""
    results = summary["results"]
    for entry in results:
        if leaving.entry(entry) != dict(entry):
            raise _over_shared(where, entry, "figures on too few items")
        if entry["benchmark"] in found:
            _rows(entry, found[entry["benchmark"]], where)
    if content.cut(summary) != summary:
        raise _over_shared(where, results[0], "settings, texts or places of the office that measured, with the result")
    if extra := set(found) - {entry["benchmark"] for entry in results}:
        raise UserError(f"{where}: statistics of {min(extra)}, of which there is no result. Ask for another export.")


def _rows(entry: Data, statistics: ItemStatistics, where: str) -> None:
    """Statistics of items, where they may leave at all: under salted names, and without labels."""
    rules = leaving.rules_of(entry)
    if not rules.rows:
        raise _over_shared(where, entry, "statistics of single items")
    names = [*statistics.item_ids, *(statistics.clusters or ())]
    if any(len(name) != ID_DIGITS or not set(name) <= set("0123456789abcdef") for name in names):
        raise _over_shared(where, entry, "ids of items as they are in the office")
    if not rules.texts and (statistics.groups or any(one.columns for one in statistics.aggregates.values())):
        raise _over_shared(where, entry, "labels of items")


def _over_shared(where: str, entry: Data, what: str) -> UserError:
    return UserError(
        f"{where}: holds {what} of {entry['benchmark']}, whose class ({entry['confidentiality']}) does not let them "
        "leave. Nothing is taken; delete the file and tell the office."
    )


def _moment(text: Any) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(f"the time {text} names no time zone")
    return found.astimezone(datetime.UTC)
