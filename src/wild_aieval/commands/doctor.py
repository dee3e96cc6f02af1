"""Say what this machine can run, and for each candidate that cannot run here, why not and what would help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_aieval.operations.checks import Finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which candidates to look at, or none; what of the surroundings."""
    parser.add_argument("model", nargs="*", help="names of candidates: only these, without the checks of the machine")
    parser.add_argument("--machine", action="store_true", help="only the checks of the machine, no candidates (fast)")
    parser.add_argument("--uri", help="MLflow store or server to look at (default: the one beside the run folders)")
    parser.add_argument("--root", nargs="+", action="extend", default=[], metavar="DIR", help="folders of benchmarks")
    parser.add_argument("--config-dir", type=Path, help="a folder of your own with model/NAME.yaml files")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """0 where all named candidates can run or, without names, no check found anything broken; else 1."""
    import json

    from wild_aieval.errors import UserError

    if arguments.model and arguments.machine:
        raise UserError("doctor: name candidates, or give --machine, not both.")
    findings = [] if arguments.model else _examined(arguments)
    candidates = [] if arguments.machine else _candidates(arguments)
    machine = _machine(bool(candidates))
    if arguments.json:
        checks = [found.as_dict() for found in findings]
        print(json.dumps({"machine": machine, "checks": checks, "candidates": candidates}, indent=1))
    else:
        _show(machine, findings, candidates)
    unfit = [row for row in candidates if row["here"] != "yes"]
    broken = [found for found in findings if found.mark == "broken"]
    return 1 if broken or (arguments.model and unfit) else 0


def _candidates(arguments: argparse.Namespace) -> list[dict[str, str]]:
    from wild_aieval.models import roll

    return roll.candidates(arguments.model, arguments.config_dir)


def _examined(arguments: argparse.Namespace) -> list[Finding]:
    from wild_aieval.addresses import absolute
    from wild_aieval.operations.checks import Place, examine
    from wild_aieval.paths import runs_dir

    roots = tuple(Path(root).expanduser() for root in arguments.root)
    return examine(Place(runs_dir(), absolute(arguments.uri), roots, arguments.config_dir))


def _machine(with_torch: bool) -> dict[str, Any]:
    """What the machine has: hardware, room, the packages that candidates need, the hub, the store."""
    import contextlib
    import os
    import platform
    import shutil

    from wild_aieval import __version__, hardware
    from wild_aieval.context import library_versions
    from wild_aieval.paths import runs_dir

    if with_torch:
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


def _show(machine: dict[str, Any], findings: list[Finding], candidates: list[dict[str, str]]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    accelerators = ", ".join(machine["accelerators"]) or "none, models run on the processor"
    lines = {
        "version": f"wild_aieval {machine['wild_aieval']}, Python {machine['python']}",
        "processor": f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB of memory",
        "run folders": f"{machine['runs']} ({machine['free_gib']} GiB free)",
        "hub": machine["hub"],
        "libraries": ", ".join(f"{name} {version}" for name, version in machine["libraries"].items()),
    }
    if candidates:
        lines["accelerators"] = accelerators
    for name, text in lines.items():
        console.print(f"[bold]{name:13}[/bold] {escape(text)}")
    for found in findings:
        colour = {"ok": "green", "look": "yellow", "broken": "bold red"}[found.mark]
        remedy = f" → {found.remedy}" if found.remedy else ""
        console.print(f"[{colour}]{found.mark:7}[/{colour}] {found.about:12} {escape(found.text + remedy)}")
    if candidates:
        console.print()
    for row in candidates:
        mark = "[green]can run [/green]" if row["here"] == "yes" else "[red]cannot  [/red]"
        reason = "" if row["here"] == "yes" else f": {row['here']}"
        console.print(f"{mark} [bold]{escape(row['model'])}[/bold] ({escape(row['tasks'])}){escape(reason)}")
