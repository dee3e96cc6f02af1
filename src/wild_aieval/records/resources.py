"""``resources.json``: what each session of a run took of its machine; a resumed run has several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from wild_aieval import hardware
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import SCHEMA_VERSION, RunFolder

FILE = "resources.json"
NOT_MEASURED = {"peak_memory_mib": None, "peak_accelerator_mib": None, "energy_kwh": None, "hardware": None}


@contextmanager
def session(folder: RunFolder) -> Iterator[None]:
    """Measure the block and add it to the file, however it ends, if something was asked in it."""
    before = _journalled(folder)
    found: dict[str, Any] = {}
    try:
        with hardware.measured() as found:
            yield
    finally:
        if _journalled(folder) != before:
            with suppress(UserError):  # a full disk is told by whoever met it first
                content = {"schema_version": SCHEMA_VERSION, "sessions": [*_sessions(folder), found]}
                folder.write_json(FILE, content)


def total(folder: RunFolder) -> dict[str, Any]:
    """The highest peaks, the sum of the energy, the hardware of the last session; None: not measured."""
    sessions = _sessions(folder)
    if not sessions:
        return dict(NOT_MEASURED)
    energy = [session["energy_kwh"] for session in sessions]
    return {
        "peak_memory_mib": _highest([session["peak_memory_mib"] for session in sessions]),
        "peak_accelerator_mib": _highest([session["peak_accelerator_mib"] for session in sessions]),
        "energy_kwh": None if None in energy else sum(energy),
        "hardware": sessions[-1]["hardware"],
    }


def _journalled(folder: RunFolder) -> int:
    return folder.journal.stat().st_size if folder.journal.exists() else 0


def _sessions(folder: RunFolder) -> list[dict[str, Any]]:
    if not (folder.path / FILE).is_file():
        return []
    found: list[dict[str, Any]] = folder.read_json(FILE)["sessions"]
    return found


def _highest(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
