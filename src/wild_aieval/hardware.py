"""The machine: what it has, and what a run took of it. What cannot be read is None, which is never 0."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_MIB = 2**20


def describe() -> dict[str, Any]:
    """Processor, cores that this process may use, memory in GiB, accelerators that torch sees (if it is loaded)."""
    return {"cpu": _processor(), "cores": _cores(), "memory_gib": _memory(), "accelerators": _accelerators()}


@contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Fills the mapping when the block ends: ``peak_memory_mib``, ``peak_accelerator_mib``, ``energy_kwh``, hardware.

    The peak is that of the whole process since it began. Energy is read by codecarbon where it is installed
    and the machine has meters; estimates are not taken.
    """
    found: dict[str, Any] = {}
    tracker = _energy_tracker()
    try:
        yield found
    finally:
        found |= {
            "peak_memory_mib": _peak_memory(),
            "peak_accelerator_mib": _peak_accelerator(),
            "energy_kwh": _energy(tracker),
            "hardware": describe(),
        }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _cores() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _accelerators() -> list[str]:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


def _peak_memory() -> float | None:
    """In MiB; under Linux of this program alone, where ``getrusage`` may give the peak of who started it."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024, 1)
    except (OSError, StopIteration, ValueError):
        pass
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (_MIB if sys.platform == "darwin" else 1024), 1)


def _peak_accelerator() -> float | None:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    peak: int = sum(torch.cuda.max_memory_allocated(number) for number in range(torch.cuda.device_count()))
    return round(peak / _MIB, 1)


def _energy_tracker() -> Any:
    """A started tracker of codecarbon, or None where it is missing or would only estimate."""
    try:
        from codecarbon import OfflineEmissionsTracker
    except ImportError:
        return None
    try:
        tracker = OfflineEmissionsTracker(country_iso_code="CHE", save_to_file=False, log_level="error")
        tracker.start()
    except Exception:  # noqa: BLE001  a meter that cannot be read must not stop a run
        return None
    if any(getattr(part, "_mode", "") in ("constant", "cpu_load") for part in getattr(tracker, "_hardware", ())):
        tracker.stop()
        return None
    return tracker


def _energy(tracker: Any) -> float | None:
    if tracker is None:
        return None
    tracker.stop()
    data = getattr(tracker, "final_emissions_data", None)
    return None if data is None else float(data.energy_consumed)
