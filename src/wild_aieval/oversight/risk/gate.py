"""Certificates in use: for each item of a run, whether a valid certificate covers it, and the threshold to hold.

Fails closed: what no certificate covers is flagged. A certificate covers a run where the candidate (digest of its
identity and of what else it saw), task, benchmark, scheme, edition, level and hard rules are the ones it names, and the
day of the run lies before the day on which its validity ends.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wild_aieval import schema_version
from wild_aieval.errors import UserError
from wild_aieval.oversight.risk.certificate import SCHEMA_VERSION, sealed
from wild_aieval.oversight.risk.shift import shift_p_value

FILE = "certificates.json"
NOT_CERTIFIED, GROUP_NOT_CERTIFIED = "NOT_CERTIFIED", "GROUP_NOT_CERTIFIED"
CERT_EXPIRED, SHIFT_ALARM = "CERT_EXPIRED", "SHIFT_ALARM"
CODES = (NOT_CERTIFIED, GROUP_NOT_CERTIFIED, CERT_EXPIRED, SHIFT_ALARM)
# Raised by certificates or on request: no rules about an answer, so no part of what is certified.
NO_RULES = (*CODES, "POLICY_ALWAYS", "REVIEWER_REQUEST")
ASSUMED = "assumed"  # labels whose origin the user states and the benchmark does not
Entry = Mapping[str, Any]


class Verdict(NamedTuple):
    """For one item: signals that call for a human, the threshold in force, the certificate it comes from."""

    signals: Mapping[str, float]
    threshold: float | None = None
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a run is, as certificates name it."""

    candidate: str
    benchmark: Mapping[str, Any]
    hard_rules: tuple[str, ...]
    day: datetime.date


def read(path: Path) -> list[dict[str, Any]]:
    """The certificates of a file; UserError where it is none, was changed, or is of another version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        entries = content["certificates"]
        version = content["schema_version"]
    except FileNotFoundError:
        raise UserError(
            f"oversight.certificate={path}: there is no such file. Expected the {FILE} of a run folder; write one "
            "with: python -m wild_aieval certify RUN_FOLDER"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"oversight.certificate={path}: cannot be read as certificates ({type(error).__name__}: {error}). "
            f"Expected the {FILE} that 'python -m wild_aieval certify RUN_FOLDER' writes."
        ) from None
    schema_version.check(version, SCHEMA_VERSION, f"oversight.certificate={path}")
    for entry in entries:
        if not isinstance(entry, dict) or sealed(entry)["id"] != entry.get("id"):
            raise UserError(
                f"oversight.certificate={path}: an entry does not fit its id, so it was changed after it was issued. "
                "Use the file as it was written, or certify anew."
            )
    return list(entries)


class Gate:
    """The certificates of one run on one benchmark.

    One that its own test part contradicts covers nothing, nor does one on assumed labels unless ``assumed``.
    """

    def __init__(self, entries: Sequence[Entry], bearer: Bearer, assumed: bool = False) -> None:
        own = [entry for entry in entries if _stands(entry, assumed) and _names(entry, bearer)]
        valid = [entry for entry in own if bearer.day < datetime.date.fromisoformat(entry["valid_until"])]
        self._expired = bool(own) and not valid
        self._by_group = {_key(entry): entry for entry in valid}
        self._kinds = sorted({entry["group"]["by"] for entry in valid if entry["group"]})
        self._shifted: dict[str, float] = {}

    def look(self, scores: Sequence[float | None], groups: Sequence[Mapping[str, str]], level: float) -> None:
        """Hold the batch's scores against those of each certificate's calibration items; one item of each unit."""
        for entry in self._by_group.values():
            found = [s for s, of in zip(scores, groups, strict=True) if s is not None and self._entry(of) is entry]
            p = shift_p_value(np.array(entry["scores"]), np.array(found))
            if p is not None and p <= level:
                self._shifted[entry["id"]] = p

    def verdict(self, groups: Mapping[str, str], score: float | None) -> Verdict:
        """Whether the item is covered; what is not gets the reason why."""
        if not self._by_group:
            return Verdict({CERT_EXPIRED if self._expired else NOT_CERTIFIED: 1.0})
        entry = self._entry(groups)
        if entry is None:
            return Verdict({GROUP_NOT_CERTIFIED: 1.0})
        signals = {SHIFT_ALARM: 1.0} if entry["id"] in self._shifted else {}
        if entry["kind"] == "depth":
            return Verdict(signals, None, entry["id"])
        if score is None:  # a threshold says nothing of an answer without a score
            signals[NOT_CERTIFIED] = 1.0
        return Verdict(signals, float(entry["threshold"]), entry["id"])

    @property
    def certificates(self) -> list[str]:
        """Ids of the certificates in force."""
        return [entry["id"] for entry in self._by_group.values()]

    @property
    def shifts(self) -> dict[str, float]:
        """Certificate to p-value, where the batch does not look like its calibration items."""
        return dict(self._shifted)

    def _entry(self, groups: Mapping[str, str]) -> Entry | None:
        for kind in self._kinds:
            if found := self._by_group.get((kind, groups.get(kind, ""))):
                return found
        return self._by_group.get(("", ""))


def _stands(entry: Entry, assumed: bool) -> bool:
    if not entry["certified"] or entry["test"]["verdict"] == "inconsistent":
        return False
    return assumed or entry["population"]["labels"] != ASSUMED


def _names(entry: Entry, bearer: Bearer) -> bool:
    covered = {name: value for name, value in entry["benchmark"].items() if name in bearer.benchmark}
    return (
        entry["candidate"]["digest"] == bearer.candidate
        and covered == dict(bearer.benchmark)
        and tuple(entry["hard_rules"]) == tuple(sorted(bearer.hard_rules))
    )


def _key(entry: Entry) -> tuple[str, str]:
    return (entry["group"]["by"], entry["group"]["value"]) if entry["group"] else ("", "")
