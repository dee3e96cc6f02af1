"""Endurance: evaluations over HTTP for an hour, while the endpoint fails in every way and evaluators are killed.

    python perf/soak.py --minutes 60 [--record FILE] [--keep FOLDER]

Two evaluators at once ask a mock endpoint in another process, the chat and the classifier preset in turn: one process
that runs evaluation after evaluation and is never killed (its memory must stay flat), and processes that are killed
at random moments and resumed. A share of the requests meets a fault; the endpoint is killed and comes back after 5 to
30 seconds. At the end everything that must hold is checked (``soaking/checks.py``); exit code 1 where something does
not.
About 24 requests a second, so that the machine stays usable. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recording import record
from soaking import checks
from soaking.lanes import Endpoint, Killed, plain, start, steady
from soaking.place import PRESETS, Place, door
from soaking.watch import Watch

SEEN = "seen.json"
SHARE = 0.12  # of the requests meet a fault
RUNS = 30  # without faults, in one process


def main() -> int:
    """Run, check, print, record."""
    arguments = _parser().parse_args()
    if arguments.steady:
        folder, port, until = arguments.steady
        steady(Place(Path(folder), int(port)), float(until))
        return 0
    if arguments.plain:
        plain(Place(Path(arguments.plain[0]), int(arguments.plain[1])), RUNS)
        return 0
    root = Path(arguments.check or arguments.keep or tempfile.mkdtemp(prefix="soak-"))
    if arguments.check:
        found = checks.everything(Place(root, 0), json.loads((root / SEEN).read_text(encoding="utf-8")))
    else:
        os.nice(10)
        found = soak(Place(root, _free_port()), arguments.minutes)
    for name, figure in found.figures.items():
        print(f"{name:55} {figure}")
    for fault in found.faults[:50]:
        print(f"FAULT: {fault}")
    print(f"{len(found.faults)} faults")
    if arguments.record:
        _record(arguments.record, arguments.minutes, found)
    if not (arguments.keep or arguments.check or found.faults):
        shutil.rmtree(root)
    return 1 if found.faults else 0


def soak(place: Place, minutes: float) -> checks.Findings:
    """The whole of it."""
    for name in ("logs", "runs", "results"):
        (place.root / name).mkdir(parents=True)
    place.make()
    _whole(place)
    begun, until = time.time(), time.time() + 60 * minutes
    watch = Watch()
    endpoint = Endpoint(place, watch, SHARE, pause=min(240.0, 60 * minutes / 3))
    command = [sys.executable, str(Path(__file__)), "--steady", str(place.root), str(place.port), str(until)]
    with (place.root / "logs" / "steady.txt").open("wb") as out:
        lasting = subprocess.Popen(command, stdout=out, stderr=out, env=place.environment(), start_new_session=True)
    watch.add(lasting.pid, "steady")
    killed = Killed(place, watch, until)
    for thread in (watch, endpoint, killed):
        thread.start()
    time.sleep(max(0.0, until - time.time()))
    endpoint.keep_up()
    killed.join()
    code = lasting.wait()
    endpoint.close()
    watch.close()
    seen = {"code": code, "seconds": time.time() - begun, "outages": endpoint.outages, **watch.as_dict()}
    (place.root / SEEN).write_text(json.dumps(seen), encoding="utf-8")
    return checks.everything(place, seen)


def _whole(place: Place) -> None:
    """Without any fault: one run of each preset, to hold the others against, and many in one process."""
    quiet = Place(place.root, _free_port())
    process = start(quiet, 0.0, log="whole.jsonl")
    try:
        for preset in PRESETS:
            command = door(*quiet.alone(f"whole-{preset}", preset))
            subprocess.run(command, check=True, capture_output=True, env=place.environment())
        command = [sys.executable, str(Path(__file__)), "--plain", str(quiet.root), str(quiet.port)]
        subprocess.run(command, check=True, capture_output=True, env=place.environment())
    finally:
        process.kill()
        process.wait()


def _record(file: Path, minutes: float, found: checks.Findings) -> None:
    what = "Evaluations over HTTP against an endpoint that fails, is killed and comes back, by evaluators of which one "
    what += "is killed at random moments and resumed; at the end every row is held against a run without faults."
    figures = found.figures | {"checks that did not hold": len(found.faults)}
    record(file, what, f"python perf/soak.py --minutes {minutes:g}", figures, found.faults[:20])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--record", type=Path, help="write the figures to this file (docs/reliability/soak.json)")
    parser.add_argument("--keep", help="work in this folder, and keep it")
    parser.add_argument("--check", help="only check what this kept folder holds")
    parser.add_argument("--steady", nargs=3, metavar=("FOLDER", "PORT", "UNTIL"), help=argparse.SUPPRESS)
    parser.add_argument("--plain", nargs=2, metavar=("FOLDER", "PORT"), help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
