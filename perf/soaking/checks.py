"""What must hold after a soak. Every function gives figures and the faults that it found, in words."""

from __future__ import annotations

import bisect
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soaking.place import ITEMS, PLAIN, Place, texts
from soaking.watch import slope
from wild_aieval.records.journal import read
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.testing import answers

_GOOD = ("", "wrong_type")
_CRIES = ("Traceback", "never retrieved", "Exception ignored", "Unclosed")
_TEXTS = texts()
_OWN_GROWTH = 0.05  # MB a run, beyond which memory is said to grow; a run holds 800 items
_MOST_GROWTH = 0.5  # the same with MLflow, whose client keeps objects of every run that it logged


@dataclass
class Findings:
    """Figures by name, and what went wrong."""

    figures: dict[str, float | str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def expect(self, held: bool, fault: str) -> None:
        """Note the fault where something did not hold."""
        if not held:
            self.faults.append(fault)


def everything(place: Place, seen: Mapping[str, Any]) -> Findings:
    """All checks over a finished soak; ``seen``: what was watched (``Watch.as_dict``) and noted outside."""
    found = Findings()
    lives = [json.loads(line) for line in place.lives.read_text(encoding="utf-8").splitlines()]
    runs = list(dict.fromkeys(life["run"] for life in lives))
    done = [run for run in runs if (place.folder(run) / "summary.json").exists()]
    found.expect(done == runs, f"without a summary.json: {sorted(set(runs) - set(done))}")
    found.expect(seen["code"] == 0, f"the steady process ended with {seen['code']}")
    busy = sum(seen["cpu"].values()) / seen["seconds"]
    outages = [end - start for start, end in seen["outages"]]
    found.figures |= {"minutes": round(seen["seconds"] / 60, 1), "CPU, share of one core": round(busy, 2)}
    found.figures |= {"outages of the endpoint": len(outages), "seconds of outage": round(sum(outages))}
    preset = {life["run"]: life["preset"] for life in lives}
    found.figures["runs"] = len(runs)
    _folders(place, done, preset, found)
    _requests(place, lives, found)
    _stores(place, done, found)
    _memory(place, seen, lives, found)
    _words(place, found)
    return found


def _folders(place: Place, runs: list[str], preset: Mapping[str, str], found: Findings) -> None:
    """Every item answered or an error with its cause, and every derived row as in a run without faults."""
    whole = {name: _rows(RunFolder(place.folder(f"whole-{name}"))) for name in set(preset.values())}
    counts: Counter[str] = Counter()
    for run in runs:
        folder = RunFolder(place.folder(run))
        entries = list(read(folder.journal))
        ours, right = _rows(folder), whole[preset[run]]
        found.expect(len(ours) == ITEMS and ours.keys() == right.keys(), f"{run}: {len(ours)} rows of {ITEMS}")
        for item, row in ours.items():
            counts[row["status"]] += 1
            if row["status"] == "ok":
                found.expect(row == right[item], f"{run}, {item}: another answer, figure or flag than without faults")
                found.expect(_mock(row, preset[run]), f"{run}, {item}: not the answer that the endpoint gives")
            else:
                fault = _error(row)
                found.expect(not fault, f"{run}, {item}: {fault}")
        good = Counter(entry.key for entry in entries if entry.status == "ok")
        found.expect(set(good.values()) <= {1}, f"{run}: an answer stands twice in the journal")
        summed = folder.read_json("summary.json")["results"][0]
        errors = sum(row["status"] == "error" for row in ours.values())
        told = (summed["counts"]["answered"], summed["counts"]["errors"])
        found.expect(told == (ITEMS - errors, errors), f"{run}: summary.json counts {told}")
    found.figures |= {"items": sum(counts.values()), "items answered": counts["ok"], "items in error": counts["error"]}


def _rows(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """The three tables as one row an item, without times and keys, which name the candidate's headers."""
    merged: dict[str, dict[str, Any]] = defaultdict(dict)
    for name in ("predictions", "items", "flags"):
        for row in folder.read_table(name):
            merged[row["item_id"]] |= {key: value for key, value in row.items() if key not in ("seconds", "key")}
    return merged


def _mock(row: Mapping[str, Any], preset: str) -> bool:
    """Whether the first symbol is the one that the mock gives to the very text (a chat is asked with a prompt)."""
    if preset != "http-classifier":
        return True
    return bool(json.loads(row["output"])[0][0] == answers.symbols(_TEXTS[row["item_id"]])[0][0])


def _error(row: Mapping[str, Any]) -> str:
    scored = {name: value for name, value in row.items() if "." in name and value}  # the names of measures
    if scored:
        return f"an error with the score {scored}"
    if row["output"] is not None:
        return "an error with an output"
    return "" if row["error"] else "an error without its cause"


def _requests(place: Place, lives: list[dict[str, Any]], found: Findings) -> None:
    """What the endpoint was asked, held against what each process left in the journal at its end."""
    asked: dict[str, list[tuple[int, str, list[int]]]] = defaultdict(list)
    kinds: Counter[str] = Counter()
    for position, (_, run, fault, numbers) in _log(place.log):
        asked[run].append((position, fault, numbers))
        kinds[fault or "good"] += 1
    ends: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for life in lives:
        ends[life["run"]].append(life)
    again, gone, lost = 0, 0, []
    for run, requests in asked.items():
        begun, known = 0, set[int]()
        for life in ends[run]:
            place_of = bisect.bisect_left(requests, life["position"], key=lambda row: row[0])
            again += sum(bool(known & set(numbers)) for _, _, numbers in requests[begun:place_of])
            before, known = known, {int(item[1:]) for item in life["known"]}
            gone += len(before - known)
            if life["ended"].startswith("SIG"):
                given = {n for _, fault, numbers in requests[begun:place_of] if fault in _GOOD for n in numbers}
                lost.append(len(given - known))
            begun = place_of
        again += sum(bool(known & set(numbers)) for _, _, numbers in requests[begun:])
    found.expect(again == 0, f"{again} requests asked for items whose answers were in the journal")
    found.expect(gone == 0, f"{gone} answers went from a journal")
    found.figures |= {
        "requests at the endpoint": sum(kinds.values()),
        "requests that met a fault": sum(kinds.values()) - kinds["good"],
        "these faults": ", ".join(f"{name}: {count:,}" for name, count in sorted(kinds.items()) if name != "good"),
        "processes of the evaluator": sum(life["run"].startswith("killed") for life in lives) + 1,
        **{name: sum(life["ended"] == name for life in lives) for name in ("SIGKILL", "SIGTERM")},
        "stops because the endpoint was gone": sum(life["ended"] == "1" for life in lives),
        "items asked again that had a journalled answer": again,
        "journalled answers that were lost": gone,
        "answers on their way lost by a kill (mean)": round(sum(lost) / max(1, len(lost)), 1),
        "answers on their way lost by a kill (most)": max(lost, default=0),
    }


def _log(log: Path) -> Iterator[tuple[int, list[Any]]]:
    """Each line with its position; one that a kill cut is left out."""
    position = 0
    with log.open("rb") as stream:
        for raw in stream:
            with suppress(ValueError):
                yield position, json.loads(raw)
            position += len(raw)


def _stores(place: Place, runs: list[str], found: Findings) -> None:
    """Every result is one finished run of MLflow with the same figures; what a kill left half done is counted."""
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=place.store)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    states: Counter[str] = Counter()
    token = None
    while True:
        page = client.search_runs(experiments, max_results=500, page_token=token)
        states.update(run.info.status for run in page)
        token = page.token
        if not token:
            break
    there = 0
    for run in runs:
        folder = RunFolder(place.folder(run))
        entry = folder.read_json("summary.json")["results"][0]
        if not entry.get("mlflow_run_id"):
            found.faults.append(f"{run}: not in MLflow")
            continue
        stored = client.get_run(entry["mlflow_run_id"])
        name, measure = next((n, m) for n, m in entry["measures"].items() if m.get("value") is not None)
        same = [v for n, v in stored.data.metrics.items() if n == name or n.endswith(f"/{name}")]
        found.expect(
            stored.info.status == "FINISHED" and measure["value"] in same, f"{run}: MLflow holds another result"
        )
        there += 1
    found.figures |= {"runs in MLflow": there, "runs of MLflow that a kill left unfinished": states["RUNNING"]}


def _memory(place: Place, seen: Mapping[str, Any], lives: list[dict[str, Any]], found: Findings) -> None:
    """Memory, files and threads of the process that was never killed, at the end of each of its runs."""
    own = [life for life in lives if life["run"].startswith("steady") and life["ended"] in ("0", "2")]
    warm = own[max(2, len(own) // 4) :] or own
    growth, half = slope([life["rss"] for life in warm])
    found.expect(growth - half < _MOST_GROWTH, f"memory grows by {growth:.2f} MB a run (± {half:.2f})")
    alone = json.loads((place.root / PLAIN).read_text(encoding="utf-8"))
    own_growth, own_half = slope(alone[len(alone) // 3 :])
    found.expect(own_growth - own_half < _OWN_GROWTH, f"without MLflow, memory grows by {own_growth:.2f} MB a run")
    peak = max((facts["rss"] for facts in seen["steady"]), default=0.0)
    found.figures |= {
        "memory of the steady process, MB, at the start": own[0]["rss"],
        "memory, MB, after the warm-up": warm[0]["rss"],
        "memory, MB, at the end": own[-1]["rss"],
        "memory, MB, peak": peak,
        "memory, growth a run that is logged into MLflow, MB": f"{growth:+.2f} ± {half:.2f}",
        "memory, growth a run without MLflow, MB": f"{own_growth:+.2f} ± {own_half:.2f} ({len(alone)} runs)",
    }
    for name in ("files", "threads"):
        values = [life[name] for life in warm]
        growth, half = slope(values)
        found.expect(growth - half <= 0 and max(values) < 2 * min(values), f"{name} of the steady process: {values}")
        found.figures[f"open {name}" if name == "files" else name] = f"{min(values)} to {max(values)}"
    found.figures["zombies and left processes"] = seen["left"]
    found.expect(seen["left"] == 0, f"{seen['left']} processes were left")


def _words(place: Place, found: Findings) -> None:
    """Nobody should read a traceback."""
    cries = 0
    for file in sorted((place.root / "logs").iterdir()):
        text = file.read_text(encoding="utf-8", errors="replace")
        for cry in _CRIES:
            if cry in text:
                cries += 1
                found.faults.append(f"{file.name}: '{cry}' in what was printed")
    found.figures["tracebacks printed"] = cries
