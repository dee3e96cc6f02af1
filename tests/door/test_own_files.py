"""A user's own files may come from somebody else: they bring settings, never code, and do not reach Hydra."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import hydra_app
from wild_aieval.cli import main

CALLBACK = "evil: {_target_: tricky_plugin.Tricky}\n"
LOGGING = "handlers: {evil: {(): os.getcwd}}\nroot: {handlers: [evil]}\nversion: 1\n"
MODEL = "name: mine\nkind: majority\n"

REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "search path in a primary file": (
        {"mine.yaml": "hydra: {searchpath: [/tmp]}\n"},
        "must not change Hydra's settings",
    ),
    "logging in a model file": (
        {"model/mine.yaml": f"# @package _global_\nhydra: {{job_logging: {{{'(): os.getcwd'}}}}}\n"},
        "must not change Hydra's settings",
    ),
    "package in the header": (
        {"model/mine.yaml": f"# @package hydra.job_logging\n{LOGGING}"},
        "must not change Hydra's settings",
    ),
    "package in defaults": (
        {"model/mine.yaml": "defaults: [/odd@_global_.hydra.job_logging: log]\n" + MODEL, "odd/log.yaml": LOGGING},
        "must not change Hydra's settings",
    ),
    "override in defaults": (
        {"model/mine.yaml": "defaults: [override /hydra/job_logging: log]\n" + MODEL},
        "must not change Hydra's settings",
    ),
    "a group of Hydra": ({"hydra/job_logging/none.yaml": LOGGING}, "must not change Hydra's settings"),
    "a launcher": ({"hydra/launcher/basic.yaml": "_target_: os.system\n"}, "'_target_' is refused"),
    "a name that is a package": (
        {"odd/hydra.yaml": "# @package _name_\njob_logging: {version: 1}\n"},
        "must not change Hydra's settings",
    ),
    "a file outside": ({"model/mine.yaml": "defaults: [../../outside/evil]\n" + MODEL}, "files of this folder only"),
    "a whole path": ({"model/mine.yaml": "defaults: [//tmp/evil]\n" + MODEL}, "files of this folder only"),
    "a name to be put together": (
        {"model/mine.yaml": "defaults: ['/odd: ${oc.env:EVIL}']\n" + MODEL},
        "files of this folder only",
    ),
    # plain YAML cannot read this date, Hydra can
    "beside a date": ({"model/mine.yaml": f"# @package a\nday: 2020-99-99\n{CALLBACK}"}, "'_target_' is refused"),
}


def written(folder: Path, files: Mapping[str, str]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return str(folder)


@pytest.fixture
def uncomposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails where Hydra would start."""
    monkeypatch.setattr("hydra.main", lambda **_: pytest.fail("Hydra was started"))


@pytest.mark.usefixtures("uncomposed")
@pytest.mark.parametrize(("files", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_reaches_hydra_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], expected: str
) -> None:
    own = written(tmp_path / "own", files)
    for option in ("--config-dir", "--config-path"):
        assert main([option, own, "model=majority", "tracking=none"]) == 1
        said = capsys.readouterr().err
        assert expected in said
        assert own in said


@pytest.mark.usefixtures("uncomposed")
def test_a_file_behind_a_link_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "elsewhere", {"mine.yaml": CALLBACK})
    own = tmp_path / "own"
    own.mkdir()
    (own / "model").symlink_to(tmp_path / "elsewhere")
    (own / "round").symlink_to(own)
    assert main(["--config-dir", str(own), "model=mine"]) == 1
    assert "'_target_' is refused" in capsys.readouterr().err


@pytest.mark.usefixtures("uncomposed")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["hydra.searchpath=[/tmp]"], "--config-dir FOLDER only"),
        (["+hydra.searchpath=[/tmp]"], "--config-dir FOLDER only"),
        (["+experiment=../x"], "--config-dir FOLDER only"),
        (["hydra/job_logging=../../x"], "--config-dir FOLDER only"),
        (["--config-name", "../x"], "--config-name=../x"),
        (["--config-path", "conf"], "--config-path=conf"),
        (["--experimental-rerun", "config.pickle"], "resume RUN_FOLDER"),
        (["-sc", "query=bash"], "install=bash"),
    ],
)
def test_other_ways_to_files_that_nobody_looked_at(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: str
) -> None:
    monkeypatch.delenv("COMP_LINE", raising=False)
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert expected in said
    assert "unexpected" not in said


def test_own_files_of_settings_are_welcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hydra_app, "_job", lambda config: print(config.model.name, config.seed) or 0)
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))
    files = {
        "model/mine.yaml": MODEL,
        "trial/one.yaml": "# @package _global_\ndefaults: [override /model: mine]\nseed: 7\n",
    }
    own = written(tmp_path / "own", files)
    assert main(["--config-dir", own, "+trial=one", f"hydra.run.dir={tmp_path}/x/../run"]) == 0
    assert capsys.readouterr().out.split() == ["mine", "7"]


def test_a_run_that_is_refused_leaves_the_folder_of_the_run_at_work_alone(place: Any, documents: Any) -> None:
    from wild_aieval.records.run_folder import RunFolder

    place.classification(documents, [{"id": "t", "text": "soil", "main": "A01B"}])
    folder = RunFolder(place.root / "run")
    arguments = ["model=majority", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]", "tracking=none"]
    assert main([*arguments, f"hydra.run.dir={folder.path}"]) == 0

    def content() -> dict[str, bytes]:
        files = (path for path in folder.path.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    before = content()
    with folder.locked():
        assert main([*arguments, "seed=5", f"hydra.run.dir={folder.path}"]) == 1
    assert content() == before
