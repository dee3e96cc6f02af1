"""Say what this machine can run, and for each candidate that cannot run here, why not and what would help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

FEW_GIB = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which candidates to look at."""
    parser.add_argument("model", nargs="*", help="names of candidates (default: all)")
    parser.add_argument("--config-dir", type=Path, help="a folder of your own with model/NAME.yaml files")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 where all named candidates (or, without names, the machine) can run, else 1."""
    import json

    from wild_aieval.models import roll

    candidates = roll.candidates(arguments.model, arguments.config_dir)
    machine = _machine()
    if arguments.json:
        print(json.dumps({"machine": machine, "candidates": candidates}, indent=1))
    else:
        _show(machine, candidates)
    unfit = [row for row in candidates if row["here"] != "yes"]
    return 1 if arguments.model and unfit else 0


def _machine() -> dict[str, Any]:
    """What the machine has: hardware, room, the packages that candidates need, the hub, the store."""
    import contextlib
    import os
    import platform
    import shutil

    from wild_aieval import __version__, hardware
    from wild_aieval.context import library_versions
    from wild_aieval.paths import runs_dir

    with contextlib.suppress(ImportError):
        import torch  # noqa: F401  so that accelerators are seen
    runs = runs_dir()
    place = next(folder for folder in (runs, *runs.parents) if folder.exists())
    return {
        "wild_aieval": __version__,
        "python": platform.python_version(),
        **hardware.describe(),
        "runs": str(runs),
        "runs_writable": os.access(place, os.W_OK),
        "free_gib": round(shutil.disk_usage(place).free / 2**30, 1),
        "hub": "asked when needed" if os.environ.get("HF_HUB_OFFLINE", "0") in ("", "0") else "off (HF_HUB_OFFLINE)",
        "libraries": library_versions(),
    }


def _show(machine: dict[str, Any], candidates: list[dict[str, str]]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    accelerators = ", ".join(machine["accelerators"]) or "none, models run on the processor"
    lines = {
        "version": f"wild_aieval {machine['wild_aieval']}, Python {machine['python']}",
        "processor": f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB of memory",
        "accelerators": accelerators,
        "run folders": f"{machine['runs']} ({machine['free_gib']} GiB free)",
        "hub": machine["hub"],
        "libraries": ", ".join(f"{name} {version}" for name, version in machine["libraries"].items()),
    }
    for name, text in lines.items():
        console.print(f"[bold]{name:13}[/bold] {escape(text)}")
    for warning in _warnings(machine):
        console.print(f"[bold red]look:[/bold red] {escape(warning)}")
    console.print()
    for row in candidates:
        mark = "[green]can run [/green]" if row["here"] == "yes" else "[red]cannot  [/red]"
        reason = "" if row["here"] == "yes" else f": {row['here']}"
        console.print(f"{mark} [bold]{escape(row['model'])}[/bold] ({escape(row['tasks'])}){escape(reason)}")


def _warnings(machine: dict[str, Any]) -> list[str]:
    found = []
    if not machine["runs_writable"]:
        found.append(f"{machine['runs']} cannot be written. Set WILD_AIEVAL_RUNS to a folder of yours.")
    if machine["free_gib"] < FEW_GIB:
        found.append(f"only {machine['free_gib']} GiB are free where run folders go. Make room before a long run.")
    return found
