"""Known vulnerabilities of what constraints.txt pins: ``audit.py PIP_AUDIT [CONSTRAINTS]``.

pip-audit ends well when it could ask about nothing at all; here that is a failure, and said. Exit codes: 0 all asked
and nothing known, 1 something known, 2 something could not be asked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
UNREACHABLE = (
    "The service that knows vulnerabilities (https://pypi.org/pypi/NAME/VERSION/json) could not be asked about {few} "
    "of {all} packages, so nothing is known about these: {names}. Run this on a machine that reaches it; a mirror of "
    "packages alone does not have it."
)


def main(arguments: list[str]) -> int:
    """Ask, and say what came of it."""
    if not arguments:
        print("audit: name the program pip-audit; make audit does.", file=sys.stderr)
        return 2
    constraints = Path(arguments[1]) if len(arguments) > 1 else ROOT / "constraints.txt"
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "pins.txt"
        lines = [line.split("#")[0].strip() for line in constraints.read_text(encoding="utf-8").splitlines()]
        pins.write_text("".join(f"{line}\n" for line in lines if line), encoding="utf-8")
        command = [arguments[0], "--requirement", str(pins), "--no-deps", "--disable-pip", "--format", "json"]
        done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"audit: {_last(done.stderr)}\n{_unreachable(lines, lines)}", file=sys.stderr)
        return 2
    return report(answer)


def report(dependencies: Iterable[Mapping[str, Any]]) -> int:
    """Print what is known, and what could not be asked; the exit code."""
    rows = list(dependencies)
    asked = [row for row in rows if "skip_reason" not in row]
    skipped = [row["name"] for row in rows if "skip_reason" in row]
    known = 0
    for row in asked:
        for fault in row.get("vulns", ()):
            known += 1
            mended = ", ".join(fault.get("fix_versions", ())) or "no version yet"
            print(f"{row['name']} {row['version']}: {fault['id']} (mended in {mended})")
    print(f"{len(asked)} of {len(rows)} packages asked about, {known} known vulnerabilities.")
    if skipped or not rows:
        print(f"audit: {_unreachable(skipped, rows)}", file=sys.stderr)
    return 1 if known else 2 if skipped or not rows else 0


def _unreachable(few: list[str], every: list[Any]) -> str:
    names = [re.split(r"[=<>\[; ]", name)[0] for name in few if name]
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return UNREACHABLE.format(few=len(names), all=len([one for one in every if one]), names=shown)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "pip-audit said nothing."


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
