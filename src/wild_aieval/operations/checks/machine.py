"""Processor, memory and limits of the container, accelerators, programs, the clock."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from wild_aieval import hardware
from wild_aieval.operations.checks import Finding, Place

CGROUP = Path("/sys/fs/cgroup")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_FEW_GIB = 4.0
_FIRST_YEAR, _LAST_YEAR = 2026, 2100  # the program was not there before


def threads(place: Place) -> Iterator[Finding]:
    """Cores that may be used, what the container grants, and what libraries were told."""
    cores = hardware.describe()["cores"] or 1
    granted = quota(CGROUP)
    usable = min(cores, granted) if granted else cores
    told = {name: os.environ[name] for name in THREADS if os.environ.get(name)}
    wrong = {name: value for name, value in told.items() if not value.isdecimal() or not 1 <= int(value) <= cores}
    text = f"{cores} cores" + (f", of which the container grants {granted:g}" if granted and granted < cores else "")
    text += "".join(f", {name}={value}" for name, value in told.items())
    if wrong:
        remedy = f"Set {', '.join(wrong)} to {max(1, int(usable))}, or unset it."
        yield Finding("threads", "look", f"{text}: more threads than cores make everything slower", remedy)
    elif granted and granted < cores and "OMP_NUM_THREADS" not in told:
        remedy = f"export OMP_NUM_THREADS={max(1, int(granted))}"
        yield Finding("threads", "look", f"{text}, but libraries start {cores} threads", remedy)
    else:
        yield Finding("threads", "ok", text)


def memory(place: Place) -> Iterator[Finding]:
    """The machine's memory and the container's limit."""
    total, limit = hardware.describe()["memory_gib"], memory_limit(CGROUP)
    usable = min(value for value in (total, limit, float("inf")) if value is not None)
    text = f"{total} GiB" + (f", limit of the container {limit:.1f} GiB" if limit and total and limit < total else "")
    few = usable < _FEW_GIB
    remedy = "Take small candidates (model=tfidf, bm25), or raise the limit of the container." if few else ""
    yield Finding("memory", "look" if few else "ok", text, remedy)


def accelerators(place: Place) -> Iterator[Finding]:
    """Devices that the system shows, and whether the installed PyTorch can use them."""
    devices = sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*")) if Path("/dev").is_dir() else []
    devices += ["kfd"] if Path("/dev/kfd").exists() else []
    try:
        build = metadata.version("torch")
    except metadata.PackageNotFoundError:
        build = ""
    if not devices:
        yield Finding("accelerators", "ok", "none; models run on the processor")
    elif build.endswith("+cpu"):
        remedy = "Install PyTorch for your CUDA version; see 'Installation in detail' in README.md."
        yield Finding("accelerators", "look", f"{', '.join(devices)}, but PyTorch {build} cannot use them", remedy)
    else:
        yield Finding("accelerators", "ok", f"{', '.join(devices)}, PyTorch {build}")


def programs(place: Place) -> Iterator[Finding]:
    """Programs that some candidates call."""
    here = shutil.which("apertium")
    remedy = "" if here else "If wanted: apt-get install apertium-eng-spa"
    yield Finding("programs", "ok", f"apertium: {'here' if here else 'not here, needed by model=apertium'}", remedy)


def clock(place: Place) -> Iterator[Finding]:
    """A year that cannot be: certificates would be valid or expired by mistake, ledgers would be out of order."""
    now = datetime.datetime.now(datetime.UTC)
    wrong = not _FIRST_YEAR <= now.year < _LAST_YEAR
    remedy = "Set the clock (timedatectl set-ntp true) before anything is certified or reviewed." if wrong else ""
    yield Finding("clock", "broken" if wrong else "ok", f"{now:%Y-%m-%d %H:%M} UTC", remedy)


def quota(cgroup: Path) -> float | None:
    """Cores that the container grants (version 2 or 1 of cgroups), None without a limit."""
    try:
        granted, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        try:
            granted = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text(encoding="ascii").strip()
        except OSError:
            return None
    if not granted.isdecimal() or not period.isdecimal() or int(period) == 0:
        return None
    return int(granted) / int(period)


def memory_limit(cgroup: Path) -> float | None:
    """GiB, None without a limit."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = (cgroup / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(text) / 2**30 if text.isdecimal() and int(text) < 2**60 else None
    return None
