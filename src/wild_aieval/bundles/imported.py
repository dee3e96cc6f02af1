"""Imported results on disk: ``imported/OFFICE/BUNDLE/N/`` holds one run as a folder that ``compare`` reads.

A bundle comes whole or not at all: its folder is filled beside and renamed. ``provenance.json`` says whence.
"""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_aieval import durable
from wild_aieval.bundles import checks
from wild_aieval.bundles.file import Sealed
from wild_aieval.bundles.keys import PublicKey
from wild_aieval.bundles.trust import TrustedKeys
from wild_aieval.bundles.turns import locked
from wild_aieval.errors import UserError
from wild_aieval.records import item_statistics, provenance
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.run_folder import SUMMARY, RunFolder

CERTIFICATES = "certificates.json"


@dataclass(frozen=True, slots=True)
class Imported:
    """One run of a bundle that was taken. ``standing``: no later bundle of its office took its place."""

    folder: Path
    office: str
    bundle: str
    origin: str
    created: str
    standing: bool = True

    @property
    def summary(self) -> dict[str, Any]:
        """As the office exported it."""
        return RunFolder(self.folder).read_json(SUMMARY)


@dataclass(frozen=True, slots=True)
class Change:
    """What importing a bundle would do with a result: it is ``new``, or takes the place of an ``earlier`` one."""

    model: str
    benchmark: str
    version: str
    kind: str


def runs(root: Path) -> list[Imported]:
    """All that was imported below ``root``, by office and time; later states of a run stand, earlier ones do not."""
    found = sorted(_all(root), key=lambda run: (run.office, run.created, run.folder.name))
    newest = {(run.office, run.origin): run.folder for run in found}
    return [
        Imported(
            run.folder, run.office, run.bundle, run.origin, run.created, newest[run.office, run.origin] == run.folder
        )
        for run in found
    ]


def verified(
    bundle: Sealed,
    root: Path,
    trusted: TrustedKeys,
    now: datetime.datetime,
    installed: Callable[[str, str], str | None] = lambda name, version: None,
) -> list[Change]:
    """Hold a bundle against everything; what importing it would change. UserError with the reason to refuse it.

    ``installed``: the digest of a benchmark's version that is installed here, None where there is none.
    """
    checks.signed(bundle, trusted, now)
    here = runs(root)
    if taken(bundle, here):
        raise UserError(
            f"{bundle.path}: this bundle was imported already. Nothing was changed. What of it is not yet in MLflow is "
            "logged with: python -m wild_aieval results log"
        )
    checks.whole(bundle)
    content = bundle.content
    created = {(run.office, run.origin): run.created for run in here}
    for run in content["runs"]:
        known = created.get((content["office"], run["origin"]))
        if known is not None and _moment(known) >= _moment(content["created"]):
            raise UserError(
                f"{bundle.path}: made on {content['created']}, and a later bundle of {content['office']} with the same "
                f"run ({known}) was imported: this one is superseded. Nothing was changed."
            )
    checks.statistics_of(bundle)
    checks.same_benchmarks(bundle, [entry for run in here for entry in run.summary["results"]], installed)
    return [
        Change(entry["model"], entry["benchmark"], entry["version"],
               "earlier" if (content["office"], run["origin"]) in created else "new")
        for run in content["runs"]
        for entry in run["summary"]["results"]
    ]  # fmt: skip


def taken(bundle: Sealed, here: Sequence[Imported]) -> list[Path]:
    """The folders of a bundle that was imported before; none of another one."""
    return [run.folder for run in here if run.bundle == bundle.id]


def take(bundle: Sealed, root: Path, key: PublicKey, now: datetime.datetime) -> list[Path]:
    """Write a verified bundle's runs below ``root``, all or none; their folders. One import at a time."""
    content, place = bundle.content, root / bundle.content["office"] / bundle.id[:16]
    statistics = checks.statistics_of(bundle)
    try:
        with locked(root):
            if place.exists():
                raise UserError(f"{bundle.path}: this bundle was imported just now by another process.")
            for left in place.parent.glob(".*.part"):  # of an import that was killed
                shutil.rmtree(left, ignore_errors=True)
            partial = place.with_name(f".{place.name}-{os.getpid()}.part")
            try:
                _write(partial, bundle, statistics, _provenance(bundle, key, now))
                durable.put(partial, place)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise UserError(f"{place}: cannot be written ({error.strerror}). Nothing was imported.") from None
    return [place / str(number) for number in range(len(content["runs"]))]


def _all(root: Path) -> Iterator[Imported]:
    for file in root.glob(f"[!.]*/[!.]*/*/{provenance.FILE}"):
        told = provenance.read(file.parent)
        if told is not None:
            yield Imported(file.parent, told["office"], told["bundle"], told["origin"], told["created"])


def _provenance(bundle: Sealed, key: PublicKey, now: datetime.datetime) -> dict[str, Any]:
    content = bundle.content
    return {
        "schema_version": provenance.SCHEMA_VERSION,
        "office": content["office"],
        "bundle": bundle.id,
        "created": content["created"],
        "imported": now.isoformat(timespec="seconds"),
        "signed_by": key.fingerprint,
        "wild_aieval": content["wild_aieval"],
    }


def _write(
    partial: Path, bundle: Sealed, statistics: Sequence[Mapping[str, ItemStatistics]], told: Mapping[str, Any]
) -> None:
    partial.mkdir(parents=True)
    for number, (run, found) in enumerate(zip(bundle.content["runs"], statistics, strict=True)):
        place = RunFolder(partial / str(number))
        place.path.mkdir()
        place.write_json(SUMMARY, run["summary"])
        item_statistics.write(place, found.values())
        place.write_json(provenance.FILE, {**told, "origin": run["origin"], "ledger": run.get("ledger")})
    if bundle.content["certificates"]:
        RunFolder(partial).write_json(CERTIFICATES, bundle.content["certificates"])
    durable.sync_tree(partial)


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
