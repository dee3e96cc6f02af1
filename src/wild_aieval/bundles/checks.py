"""What a bundle is held against before anything of it is taken: who signed it, when, and what it may hold."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval import confidentiality
from wild_aieval.bundles.file import Sealed
from wild_aieval.bundles.keys import PublicKey
from wild_aieval.bundles.trust import TrustedKeys
from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError
from wild_aieval.records import item_statistics, run_folder
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.schema_version import check

SKEW = datetime.timedelta(minutes=10)  # that the clocks of two offices may differ by
_SALTED = 32  # hexadecimal digits of a salted id
_RESULT = ("task", "benchmark", "version", "digest", "model", "confidentiality", "measures", "counts", "flags")
Data = Mapping[str, Any]


def signed(bundle: Sealed, trusted: TrustedKeys, now: datetime.datetime) -> PublicKey:
    """The key of the office that the bundle names; UserError for any other signature, key or time."""
    try:
        office, created = str(bundle.content["office"]), _moment(bundle.content["created"])
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(f"{bundle.path}: not a whole bundle ({error}). Ask the office to send it again.") from None
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
    if not key.valid_from <= created.date().isoformat() <= key.valid_until:
        raise UserError(
            f"{bundle.path}: made on {created.date()}, and the key of {office} is good from {key.valid_from} to "
            f"{key.valid_until}. Ask the office for a bundle signed by its present key."
        )
    return key


def statistics_of(bundle: Sealed) -> list[dict[str, ItemStatistics]]:
    """Per-item statistics of each run by benchmark, none where its class keeps them.

    Raises:
        UserError: for what is damaged, and for what may not be there.
    """
    files, found = bundle.files(), []
    for number, run in enumerate(bundle.content["runs"]):
        where = f"{bundle.path}, run {number + 1}"
        _summary(run["summary"], where)
        name = run["statistics"]
        content = item_statistics.load(io.BytesIO(files[name]), where) if name else {}
        _shares_no_more_than_it_may(run["summary"]["results"], content, where)
        found.append(content)
    return found


def same_benchmarks(bundle: Sealed, known: Sequence[Data]) -> None:
    """UserError where a result names a version of a benchmark whose content others know as another one.

    ``known``: entries of results that are here already. Private halves have names or versions of their own.
    """
    digests = {(entry["benchmark"], entry["version"]): entry["digest"] for entry in known}
    for run in bundle.content["runs"]:
        for entry in run["summary"]["results"]:
            here = digests.get((entry["benchmark"], entry["version"]), entry["digest"])
            private = not confidentiality.of(entry["confidentiality"]).texts
            if here != entry["digest"] and not private:
                raise UserError(
                    f"{bundle.path}: {entry['benchmark']} {entry['version']} was measured on another content (digest "
                    f"{entry['digest'][:12]}) than here ({here[:12]}). One of the two is not the published version: "
                    "measure again on it, or raise the version of the changed benchmark."
                )


def _summary(summary: Data, where: str) -> None:
    check(summary.get("schema_version"), run_folder.SCHEMA_VERSION, where)
    for entry in summary["results"]:
        if missing := [name for name in _RESULT if name not in entry]:
            raise UserError(f"{where}: a result lacks '{missing[0]}'. Ask the office to export again.")


def _shares_no_more_than_it_may(results: Sequence[Data], found: Mapping[str, ItemStatistics], where: str) -> None:
    """What the class of a benchmark keeps at home must not be here, whatever program wrote it."""
    for entry in results:
        rules, statistics = leaving.rules_of(entry), found.get(entry["benchmark"])
        if leaving.entry(entry) != dict(entry):
            raise _over_shared(where, entry, "figures on too few items")
        if statistics is None:
            continue
        if not rules.rows:
            raise _over_shared(where, entry, "statistics of single items")
        names = [*statistics.item_ids, *(statistics.clusters or ())]
        if any(len(name) != _SALTED or not set(name) <= set("0123456789abcdef") for name in names):
            raise _over_shared(where, entry, "ids of items as they are in the office")
        if not rules.texts and (statistics.groups or any(one.columns for one in statistics.aggregates.values())):
            raise _over_shared(where, entry, "labels of items")
    if extra := set(found) - {entry["benchmark"] for entry in results}:
        raise UserError(f"{where}: statistics of {min(extra)}, of which there is no result. Ask for another export.")


def _over_shared(where: str, entry: Data, what: str) -> UserError:
    return UserError(
        f"{where}: holds {what} of {entry['benchmark']}, whose class ({entry['confidentiality']}) does not let them "
        "leave. Nothing is taken; delete the file and tell the office."
    )


def _moment(text: Any) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(f"the time {text} names no time zone")
    return found
