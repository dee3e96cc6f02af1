"""A disk that is full, a file that may not grow, a folder that is read-only: told in a paragraph, and nothing lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.journal import read

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Any]:
    """``small_disk(kib)``: a file system of that size."""
    place, mounted = tmp_path / "disk", []
    place.mkdir()

    def mount(size: str) -> Path:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting a file system needs more rights than this user has")
        mounted.append(place)
        return place

    yield mount
    for one in mounted:
        subprocess.run(["umount", "-l", str(one)], check=True)


@pytest.fixture(scope="module")
def whole(forge: Any, seen: Any) -> Any:
    scene = forge.scene("whole", store=False)
    assert forge.run(scene, *forge.command(scene, "tracking=none"))["code"] == 0
    return seen(scene)


def kept(scene: Path) -> set[str]:
    return {entry.item_id for entry in read(scene / "run" / "journal.jsonl") if entry.status == "ok"}


@pytest.mark.parametrize("size", ["8k", "12k", "16k", "20k", "28k", "40k", "64k"])
def test_a_disk_that_fills_up_stops_the_run_and_more_room_lets_it_go_on(
    forge: Any, seen: Any, differ: Any, whole: Any, small_disk: Any, record_property: Any, size: str
) -> None:
    scene = small_disk(size)
    command = forge.command(scene, "tracking=none")
    done = forge.run(forge.root / "out", *command)
    assert done["code"] == 1, done
    assert "No space left on device" in done["stderr"]
    assert "ake room" in done["stderr"]
    assert forge.clean(done["stderr"])
    before = kept(scene) if (scene / "run").is_dir() else set()
    record_property("full disks", 1)
    subprocess.run(["mount", "-o", "remount,size=8m", str(scene)], check=True)
    forge.asked()
    again = forge.resume(scene) if (scene / "run" / "runspec.json").exists() else command
    done = forge.run(forge.root / "out", *again)
    assert done["code"] == 0, done["stderr"]
    assert not before & set(forge.asked())
    assert differ(seen(scene), whole) == []


@pytest.mark.parametrize("size", [600, 1500, 3000, 5000, 9000])
def test_a_limit_on_the_size_of_files_is_as_a_full_disk(
    forge: Any, seen: Any, differ: Any, whole: Any, record_property: Any, size: int
) -> None:
    scene = forge.scene(f"limit-{size}", store=False)
    command = forge.command(scene, "tracking=none")
    done = forge.run(scene, *command, limits={"fsize": size})
    assert done["code"] == 1, done
    assert "File too large" in done["stderr"]
    assert forge.clean(done["stderr"])
    record_property("full disks", 1)
    forge.asked()
    before = kept(scene)
    done = forge.run(scene, *(forge.resume(scene) if (scene / "run" / "runspec.json").exists() else command))
    assert done["code"] == 0, done["stderr"]
    assert not before & set(forge.asked())
    assert differ(seen(scene), whole) == []


@pytest.mark.parametrize("room", [0, 24, 60, 100])
def test_a_disk_that_fills_up_while_mlflow_writes_costs_the_logging_only(
    forge: Any, seen: Any, differ: Any, logged: Any, small_disk: Any, record_property: Any, room: int
) -> None:
    """``room``: KiB beside the tables of the store."""
    disk = small_disk("8m")
    scene = forge.scene(f"store-disk-{room}", store=False)
    shutil.copyfile(forge.template, disk / "mlflow.db")
    used = (disk / "mlflow.db").stat().st_size // 1024 + 8
    subprocess.run(["mount", "-o", f"remount,size={used + room}k", str(disk)], check=True)
    done = forge.run(scene, *forge.command(scene, f"tracking.uri=sqlite:///{disk / 'mlflow.db'}"))
    assert done["code"] == 0, done
    assert "The run is complete and kept in" in done["stderr"], done["stderr"]
    assert f"Log it later with: python -m wild_aieval log {scene / 'run'}" in done["stderr"]
    assert forge.clean(done["stderr"]), done["stderr"]
    record_property("full disks", 1)
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    done = forge.run(scene, "log", str(scene / "run"))
    assert done["code"] == 0, done
    for name in ("mlflow.db", "mlartifacts"):
        (scene / name).symlink_to(disk / name)
    assert differ(seen(scene), logged) == []


def test_a_store_that_is_read_only_costs_the_logging_only(
    forge: Any, seen: Any, differ: Any, logged: Any, tmp_path: Path, request: Any
) -> None:
    disk = request.getfixturevalue("small_disk")("64m") if ROOT else tmp_path / "disk"
    disk.mkdir(exist_ok=True)
    scene = forge.scene("store-read-only", store=False)
    store = disk / "mlflow.db"
    shutil.copyfile(forge.template, store)
    read_only(disk, True)
    done = forge.run(scene, *forge.command(scene, f"tracking.uri=sqlite:///{store}"))
    read_only(disk, False)
    assert done["code"] == 0, done
    assert f"Log it later with: python -m wild_aieval log {scene / 'run'}" in done["stderr"]
    assert str(store) in done["stderr"] or str(disk) in done["stderr"]
    assert forge.clean(done["stderr"]), done["stderr"]
    assert forge.run(scene, "log", str(scene / "run"))["code"] == 0
    for name in ("mlflow.db", "mlartifacts"):
        (scene / name).symlink_to(disk / name)
    assert differ(seen(scene), logged) == []


def read_only(folder: Path, wanted: bool) -> None:
    """A mounted file system for root, whom no rights of files stop."""
    if ROOT:
        subprocess.run(["mount", "-o", f"remount,{'ro' if wanted else 'rw'}", str(folder)], check=True)
        return
    for path in (*folder.iterdir(), folder):
        path.chmod(0o500 if wanted else 0o700)


@pytest.fixture(scope="module")
def logged(forge: Any, seen: Any) -> Any:
    scene = forge.scene("logged")
    assert forge.run(scene, *forge.command(scene))["code"] == 0
    return seen(scene)


@pytest.mark.parametrize("verb", ["run", "resume", "rescore", "log"])
def test_a_folder_that_is_read_only_is_told_before_any_work(forge: Any, small_disk: Any, verb: str) -> None:
    scene = small_disk("8m") if ROOT else forge.scene(f"read-only-{verb}", store=False)
    forge.run(forge.root / "out", *forge.command(scene, "tracking=none"))
    forge.asked()
    if ROOT:
        subprocess.run(["mount", "-o", "remount,ro", str(scene)], check=True)
    else:
        (scene / "run").chmod(0o500)
    out = forge.scene(f"out-{verb}")
    command = {
        "run": forge.command(scene, "tracking=none"),
        "log": ["log", str(scene / "run"), "--uri", f"sqlite:///{out / 'mlflow.db'}"],
    }.get(verb, [verb, str(scene / "run")])
    done = forge.run(out, *command)
    if not ROOT:
        (scene / "run").chmod(0o700)
    assert done["code"] == 1, done
    assert str(scene / "run") in done["stderr"]
    assert "cannot be written" in done["stderr"]
    assert "unexpected" not in done["stderr"]
    assert forge.clean(done["stderr"])
    assert forge.asked() == []
    shutil.rmtree(out)
