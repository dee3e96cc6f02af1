"""One target under libFuzzer, in a process of its own: ``python worker.py TARGET FAULTS_FOLDER [libFuzzer's options]``.

Faults are written to the folder, each place in the code once, and the work goes on; what libFuzzer itself ends for
(an input that takes too long, memory, a crash of the interpreter) it writes there too.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent))
with atheris.instrument_imports(include=["wild_aieval", "openpyxl.worksheet._reader", "openpyxl.cell", "yaml"]):
    import openpyxl.worksheet._reader  # noqa: F401  imported late where it is used, and not instrumented then
    import targets
    import yaml  # noqa: F401

    import wild_aieval.benchmarks.office.detect as detect

    detect._by_root(), detect._by_text()
import mutators

OWN_MUTATIONS = 0.8  # the rest are libFuzzer's


def fault_name(fault: BaseException) -> str:
    """The kind of a fault and the line of ours where it came up: equal ones are one fault."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if "wild_aieval" in frame.filename]
    place = f"{Path(frames[-1].filename).stem}-{frames[-1].lineno}" if frames else "outside"
    what = hashlib.sha256(str(fault)[:40].encode("utf-8", "replace")).hexdigest()[:6]
    return f"{type(fault).__name__}-{place}" + (f"-{what}" if isinstance(fault, targets.Wrong) else "")


def keep(folder: Path, target: str, fault: BaseException, data: bytes) -> None:
    """Write the input and the traceback of a fault that is new."""
    name = f"{target}-{fault_name(fault)}"
    text = folder / f"{name}.txt"
    if not text.exists():
        (folder / f"{name}.bin").write_bytes(data)
        lines = traceback.format_exception(fault)
        text.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
        print(f"FAULT {name}: {str(fault)[:200]!r}", flush=True)


def tester(name: str, faults: Path, scratch: Path) -> Callable[[bytes], None]:
    """What libFuzzer calls with each input."""
    target = targets.TARGETS[name]

    def one(data: bytes) -> None:
        try:
            target.run(data, scratch)
        except Exception as fault:  # noqa: BLE001  whatever it is, it is what we look for
            keep(faults, name, fault, data)

    return one


def mutator(kind: str) -> Callable[[bytes, int, int], bytes]:
    """Ours, which keeps the shape, and now and then libFuzzer's, which knows what the code compares with."""

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        if random.Random(seed).random() < OWN_MUTATIONS:
            return mutators.mutated(kind, data, seed, most)
        return bytes(atheris.Mutate(data, most))

    return mutate


def main(name: str, faults: str, *options: str) -> None:
    shared_memory = Path("/dev/shm")
    place = shared_memory if os.access(shared_memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        test = tester(name, Path(faults), Path(scratch))
        again = f"{sys.executable} {Path(__file__).resolve()} {name} {faults}"  # libFuzzer starts itself for a merge
        atheris.Setup([again, *options], test, custom_mutator=mutator(targets.TARGETS[name].kind))
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
