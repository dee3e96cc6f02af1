"""A shell in which the commands of pages are run one block after the other, as a reader types them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

# Ends the shell at the first failing command, and tells of each block that got to its end.
HEAD = "set -eo pipefail\n"


class Ran(NamedTuple):
    """What came of a block: its exit code (None: it was never begun) and all that it printed."""

    exit_code: int | None
    output: str


def run(steps: Sequence[Any], folder: Path) -> list[Ran]:
    """Run the blocks in one shell with an empty home and this Python on PATH; it stops at the first fault."""
    script = HEAD
    for number, step in enumerate(steps):
        out, code = (shlex.quote(str(folder / f"{number}.{end}")) for end in ("out", "code"))
        script += f"exec >{out} 2>&1\n"
        if step.exit_code:  # one command, or the codes of those before it would be lost
            script += f"set +e\n{step.commands}\ncode=$?; set -e; echo $code >{code}; test $code = {step.exit_code}\n"
        else:
            script += f"trap 'echo $? >{code}' EXIT\n{step.commands}\ntrap - EXIT; echo 0 >{code}\n"
    home = folder / "home"
    home.mkdir()
    subprocess.run(["bash", "-c", script], cwd=home, env=_environment(home), stdin=subprocess.DEVNULL, timeout=300)
    return [_came(folder, number) for number in range(len(steps))]


def _came(folder: Path, number: int) -> Ran:
    out, code = folder / f"{number}.out", folder / f"{number}.code"
    told = out.read_text(encoding="utf-8") if out.exists() else ""
    return Ran(int(code.read_text()) if code.exists() else None, told)


def _environment(home: Path) -> dict[str, str]:
    """As in a terminal of 120 columns: nothing of the caller that would change what a newcomer sees."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("WILD_AIEVAL_", "XDG_", "HYDRA_"))}
    own = {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
    }
    return kept | own
