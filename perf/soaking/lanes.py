"""Who works during a soak: one evaluator that is never killed, one that is, and an endpoint that comes and goes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from soaking.place import ITEMS, PLAIN, PRESETS, Place, answered, door
from soaking.watch import Watch, standing

MOST_PASSES = 40  # processes for one run, after which it is given up and the soak has failed


def steady(place: Place, until: float) -> None:
    """Run after run in this one process, until the time is up; a run that stops is continued, errors are asked again
    in every second run. Its memory is the one that must not grow.
    """
    from wild_aieval.cli import main

    number = 0
    while time.time() < until:
        run, preset = f"steady{number}", PRESETS[number % 2]
        arguments = place.arguments(run, preset)
        for passed in range(MOST_PASSES):
            begun = time.time()
            code = main(arguments)
            place.note(run, str(code), time.time() - begun, preset=preset, **standing(os.getpid()))
            if code == 0 or (code == 2 and (passed >= 3 or number % 4 < 2)):
                break
            time.sleep(2.0 if code == 1 else 0.0)
            arguments = ["resume", str(place.folder(run))]
        number += 1


def plain(place: Place, runs: int) -> None:
    """So many runs in this one process without faults and without MLflow; memory after each goes to ``plain.json``."""
    from wild_aieval.cli import main

    memory = []
    for number in range(runs):
        run = f"plain{number}"
        if main(place.alone(run, PRESETS[number % 2])):
            raise SystemExit(f"{run}: a run without faults did not succeed")
        memory.append(standing(os.getpid())["rss"])
    (place.root / PLAIN).write_text(json.dumps(memory), encoding="utf-8")


class Killed(threading.Thread):
    """Run after run, each in processes that are killed at random moments and resumed."""

    def __init__(self, place: Place, watch: Watch, until: float) -> None:
        super().__init__(name="killed")
        self._place, self._watch, self._until = place, watch, until
        self._chance = random.Random()

    def run(self) -> None:
        """Until the time is up; the last run is brought to its end."""
        number = 0
        while time.time() < self._until:
            self._one(f"killed{number}", PRESETS[(number + 1) % 2], again=number % 4 < 2)
            number += 1

    def _one(self, run: str, preset: str, again: bool) -> None:
        command = door(*self._place.arguments(run, preset))
        kills = self._chance.choice((0, 1, 1, 2, 3))
        for passed in range(MOST_PASSES):
            begun = time.time()
            with (self._place.root / "logs" / f"{run}-{passed}.txt").open("wb") as out:
                process = subprocess.Popen(
                    command, stdout=out, stderr=out, env=self._place.environment(), start_new_session=True
                )
            self._watch.add(process.pid, "killed")
            ended = self._attend(process, run, kills > 0)
            kills -= ended.startswith("SIG")
            time.sleep(0.5)  # what was on its way to the endpoint is in its log by then
            self._place.note(run, ended, time.time() - begun, preset=preset)
            if ended == "0" or (ended == "2" and (passed >= 3 or not again)):
                return
            if (self._place.folder(run) / "runspec.json").exists():
                command = door("resume", str(self._place.folder(run)))
            time.sleep(2.0 if ended == "1" else 0.0)

    def _attend(self, process: subprocess.Popen[bytes], run: str, kill: bool) -> str:
        """Wait for the end, or bring it about: at any moment, or (each third time) once all answers are there."""
        if not kill:
            return str(process.wait())
        if self._chance.random() < 1 / 3:
            journal = self._place.folder(run) / "journal.jsonl"
            while process.poll() is None and len(answered(journal)) < 0.85 * ITEMS:
                time.sleep(0.5)
            wait = self._chance.uniform(0, 15)
        else:
            wait = self._chance.uniform(0, 60)
        try:
            return str(process.wait(wait))
        except subprocess.TimeoutExpired:
            name = self._chance.choice(("SIGKILL", "SIGKILL", "SIGTERM"))
            process.send_signal(getattr(signal, name))
            process.wait(60)
            return name


class Endpoint(threading.Thread):
    """The endpoint's process, killed now and then and started again after 5 to 30 seconds."""

    def __init__(self, place: Place, watch: Watch, share: float, pause: float) -> None:
        super().__init__(name="endpoint")
        self._place, self._watch, self._share, self._pause = place, watch, share, pause
        self._over = threading.Event()
        self._chance = random.Random()
        self._process = start(place, self._share)
        watch.add(self._process.pid, "endpoint")
        self.outages: list[tuple[float, float]] = []

    def run(self) -> None:
        """Until ``close``."""
        while not self._over.wait(self._chance.uniform(0.4, 1.6) * self._pause):
            begun = time.time()
            self._process.kill()
            self._process.wait()
            self._over.wait(self._chance.uniform(5, 30))
            self._process = start(self._place, self._share)
            self._watch.add(self._process.pid, "endpoint")
            self.outages.append((begun, time.time()))

    def keep_up(self) -> None:
        """No further outages."""
        self._over.set()
        self.join()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def start(place: Place, share: float, log: str = "endpoint.jsonl") -> subprocess.Popen[str]:
    """The endpoint, once it listens."""
    script = Path(__file__).with_name("endpoint.py")
    command = [sys.executable, str(script), str(place.root / log), str(place.port), str(share)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=place.environment())
    assert process.stdout is not None
    if not process.stdout.readline():
        raise RuntimeError("the endpoint did not start")
    return process
