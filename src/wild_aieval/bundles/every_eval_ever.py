"""Results in the schema of Every Eval Ever (github.com/evaleval/every_eval_ever), for tools of others; without texts.

A file for each result, and beside it the score of each item under a salted id where the benchmark's class lets rows
leave. The schema asks for the text of each item; what stands there says that it stays in its office.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wild_aieval import __version__
from wild_aieval.bundles.content import origin_of
from wild_aieval.confidentiality import leaving
from wild_aieval.metrics.headline import LOWER_IS_BETTER, PER_HUNDRED, headline
from wild_aieval.records import item_statistics, provenance, salting
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports.words import measure_in_words
from wild_aieval.runspec import digest

SCHEMA_VERSION = "0.3.0"
WITHHELD = "(not published: texts stay in the office that measured)"
Data = Mapping[str, Any]


def write(folders: Sequence[Path], office: str, to: Path, now: datetime.datetime) -> list[Path]:
    """Write the files below ``to``/data; their paths. ``office``: of runs that were not imported from another one."""
    return [path for folder in folders for path in _run(RunFolder(folder), office, to, now)]


def _run(folder: RunFolder, office: str, to: Path, now: datetime.datetime) -> Iterator[Path]:
    told = provenance.read(folder.path)
    summary = folder.read_json(SUMMARY)
    origin = told["origin"] if told else origin_of(folder, summary)
    statistics = item_statistics.read(folder)
    for result in summary["results"]:
        found = statistics.get(result["benchmark"]) if leaving.rules_of(result).rows else None
        if found is not None and not told:
            found = salting.salted(item_statistics.without_labels(found), result["digest"])
        entry = leaving.entry(result if told else salting.shown(result))
        log = _log(entry, summary["runspec"], told["office"] if told else office, origin, now)
        if told:
            log["source_metadata"]["additional_details"] |= {"bundle": told["bundle"], "signed_by": told["signed_by"]}
        yield from _files(log, entry, found, to, origin)


def _files(log: dict[str, Any], entry: Data, found: ItemStatistics | None, to: Path, origin: str) -> Iterator[Path]:
    name = _identifier(origin, entry["benchmark"])
    place = Path("data", _slug(entry["benchmark"]), *log["model_info"]["id"].split("/"))
    folder = RunFolder(to / place)
    folder.path.mkdir(parents=True, exist_ok=True)
    if found is not None:
        raw = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _instances(log, entry, found)).encode()
        log["detailed_evaluation_results"] = {
            "format": "jsonl",
            "file_path": f"{place.as_posix()}/{name}_samples.jsonl",
            "hash_algorithm": "sha256",
            "checksum": hashlib.sha256(raw).hexdigest(),
            "total_rows": raw.count(b"\n"),
        }
        folder.write_bytes(f"{name}_samples.jsonl", raw)
        yield folder.path / f"{name}_samples.jsonl"
    yield folder.write_json(f"{name}.json", log)


def _log(entry: Data, spec: Data, office: str, origin: str, now: datetime.datetime) -> dict[str, Any]:
    provider = entry.get("provider", "")
    model_id = f"{_slug(provider or 'unknown')}/{_slug(entry['model'])}"
    stamp = str(int(now.timestamp()))
    rows = leaving.rules_of(entry).rows
    counts = {f"items_{name}": str(count) for name, count in entry["counts"].items()}
    notes = {"notes": " ".join(note["text"] for note in entry["notes"])} if entry.get("notes") else {}
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": f"{_slug(entry['benchmark'])}/{model_id}/{stamp}",
        "evaluation_timestamp": spec["context"].get("created", ""),
        "retrieved_timestamp": stamp,
        "source_metadata": {
            "source_name": "wild_aieval",
            "source_type": "evaluation_run" if rows else "documentation",
            "source_organization_name": office,
            "evaluator_relationship": "third_party" if provider else "other",
            "additional_details": {
                "office_wipo_st3": office,
                "confidentiality": entry["confidentiality"],
                "items_flagged_for_human_review": str(entry["flags"]["flagged"]),
                "partial": str(entry["partial"]).lower(),
                "output_source_wipo_st8": entry["output_source"],
                **counts,
                **notes,
            },
        },
        "eval_library": {"name": "wild_aieval", "version": spec["context"].get("wild_aieval", __version__)},
        "model_info": {
            "name": entry["model"],
            "id": model_id,
            **({"developer": provider} if provider else {}),
            "additional_details": {
                "kind": entry["kind"],
                "identity": digest(spec["model"]),
                "deployment_type": "unknown",
                "model_availability": "unknown",
            },
        },
        "evaluation_results": [
            _result(name, measure, entry, origin, spec)
            for name, measure in entry["measures"].items()
            if measure["value"] is not None
        ],
    }


def _result(name: str, measure: Data, entry: Data, origin: str, spec: Data) -> dict[str, Any]:
    uncertainty: dict[str, Any] = {"num_samples": measure["n"]}
    method = measure["signature"].rpartition("|ci:")[2]
    if measure["low"] is not None:
        uncertainty["confidence_interval"] = {
            "lower": measure["low"], "upper": measure["high"], "confidence_level": 0.95, "method": method,
        }  # fmt: skip
        if drawn := re.match(r"bootstrap95,(\d+)", method):
            uncertainty["num_bootstrap_samples"] = int(drawn[1])
    return {
        "evaluation_result_id": _result_id(origin, entry, name),
        "evaluation_name": f"{entry['benchmark']} {entry['version']}: {name}",
        "source_data": {
            "dataset_name": f"{entry['benchmark']} {entry['version']}",
            "source_type": "other",
            "additional_details": {
                "sha256_of_content": entry["digest"],
                "licence": entry["licence"],
                "contributor": entry.get("contributor", ""),
                "languages": ", ".join(entry["languages"]),
                "synthetic": str(entry["synthetic"]).lower(),
                **({"revision": entry["revision"]} if entry.get("revision") else {}),
            },
        },
        "evaluation_timestamp": spec["context"].get("created", ""),
        "metric_config": {
            "evaluation_description": measure_in_words(name) or name,
            "metric_id": f"wild_aieval.{name}",
            "metric_name": name,
            "metric_unit": "points" if name in PER_HUNDRED else "proportion",
            "lower_is_better": name in LOWER_IS_BETTER,
            "score_type": "continuous",
            "min_score": 0.0,
            "max_score": "Infinity" if name == "ter" else 100.0 if name in PER_HUNDRED else 1.0,
            "additional_details": {"signature": measure["signature"]},
        },
        "score_details": {"score": measure["value"], "uncertainty": uncertainty},
    }


def _instances(log: Data, entry: Data, found: ItemStatistics) -> Iterator[dict[str, Any]]:
    """A row for each item and each of the main measures that an item has a value of."""
    ids = {one["metric_config"]["metric_name"]: one for one in log["evaluation_results"]}
    for name in headline(entry["task"], entry["measures"]):
        aggregate = found.aggregates.get(name)
        if aggregate is None or name not in ids or aggregate.form == "macro_f1":
            continue
        best = 0.0 if name in LOWER_IS_BETTER else aggregate.scale
        for place, applies in enumerate(aggregate.applies):
            if applies:
                score = aggregate.of_items([place]).value()
                yield {
                    "schema_version": SCHEMA_VERSION,
                    "evaluation_id": log["evaluation_id"],
                    "model_id": log["model_info"]["id"],
                    "evaluation_name": ids[name]["evaluation_name"],
                    "evaluation_result_id": ids[name]["evaluation_result_id"],
                    "sample_id": found.item_ids[place],
                    "sample_hash": found.item_keys[place],
                    "interaction_type": "single_turn",
                    "input": {"raw": WITHHELD, "reference": []},
                    "output": {"raw": [WITHHELD]},
                    "answer_attribution": [],
                    "evaluation": {"score": score, "is_correct": score == best},
                    "metadata": {"is_correct_means": "the best score that there is"},
                }


def _result_id(origin: str, entry: Data, name: str) -> str:
    return f"{_identifier(origin, entry['benchmark'])}:{name}"


def _identifier(origin: str, benchmark: str) -> str:
    """In the form of a random UUID, and the same whenever the same result is written."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{origin}:{benchmark}".encode()).digest()[:16], version=4))


def _slug(text: str) -> str:
    """A name of a folder: no separators, and nothing that leads elsewhere."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip(".-") or "unnamed"
