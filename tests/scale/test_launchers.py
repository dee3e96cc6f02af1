"""Sweeps by Hydra's launchers: jobs in processes of their own, one table and one comparison at the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "launcher",
    [
        ["hydra/launcher=joblib"], ["hydra/launcher=submitit_local", "hydra.launcher.timeout_min=5"],
        ["hydra/launcher=ray", "+hydra.launcher.ray.init.num_cpus=2", "+hydra.launcher.ray.remote.num_cpus=1"],
    ],
    ids=["joblib", "submitit", "ray"],
)  # fmt: skip
def test_a_sweep_in_processes_of_its_own_ends_as_one_in_this_process(
    place: Any, documents: list[dict[str, Any]], launcher: list[str], request: pytest.FixtureRequest
) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{request.node.callspec.id}_launcher")
    train = [{**row, "id": f"t{row['id']}"} for row in documents]
    place.classification(documents, train)
    common = ["-m", "model=majority,tfidf", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]", "tracking=none"]
    sweep = place.root / "sweep"
    done = place.cli(*common, *launcher, f"hydra.sweep.dir={sweep}", "progress=false")
    assert done.returncode == 0, done.stderr
    assert "majority" in done.stdout and "tfidf" in done.stdout and "Which is better" in done.stdout
    assert (sweep / "sweep.html").is_file()
    alone = place.cli(*common, f"hydra.sweep.dir={place.root / 'alone'}", "progress=false")
    assert alone.returncode == 0, alone.stderr
    for name in ("0-majority", "1-tfidf"):
        one, other = (
            json.loads((folder / name / "summary.json").read_text()) for folder in (sweep, place.root / "alone")
        )
        assert one["results"][0]["measures"] == other["results"][0]["measures"]


def test_a_job_that_fails_elsewhere_is_named_and_the_others_are_kept(
    place: Any, documents: list[dict[str, Any]]
) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    place.classification(documents)  # without a training part, which tfidf needs
    sweep = place.root / "sweep"
    done = place.cli(
        "-m", "model=tfidf,random-ranking", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]", "tracking=none",
        "hydra/launcher=joblib", f"hydra.sweep.dir={sweep}", "progress=false",
    )  # fmt: skip
    assert done.returncode == 1
    assert (sweep / "0-tfidf" / "failure.txt").is_file()
    assert "0-tfidf" in done.stdout + done.stderr
