"""The mock program: good lines, faults as ordered, and how the command adapter meets them."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from wild_aieval.items import Document, Failure, Query, Segment
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace
from wild_aieval.testing import answers
from wild_aieval.testing.tool import Tool


def lines(*items: dict[str, Any], **faults: str) -> list[str]:
    out = io.StringIO()
    Tool(faults).run([json.dumps(item) + "\n" for item in items], out)
    return out.getvalue().splitlines()


def test_good_lines() -> None:
    documents = [{"id": "a", "title": "", "text": "plough soil"}, {"id": "b", "title": "soil", "text": ""}]
    found = [json.loads(line) for line in lines(
        {"task": "index", "part": 1, "parts": 2, "documents": documents[:1]},
        {"task": "index", "part": 2, "parts": 2, "documents": documents[1:]},
        {"id": "q", "task": "search", "query": "plough soil", "k": 1},
        {"id": "d", "task": "classification", "text": "x"},
        {"id": "s", "task": "translation", "text": "x", "target_language": "es"},
        {"id": "?", "task": "cooking"},
    )]  # fmt: skip
    assert found[:3] == [{"indexed": 1}, {"indexed": 2}, {"id": "q", "hits": [["a", 1.0]]}]
    assert found[3] == {"id": "d", "suggestions": [list(pair) for pair in answers.symbols("x")]}
    assert found[4:] == [{"id": "s", "translation": "[es] x"}, {"id": "?", "error": "there is no task 'cooking'"}]


def test_faults_in_the_middle() -> None:
    items = [{"id": name, "task": "classification", "text": name} for name in ("garbled", "lost", "bad", "good")]
    found = lines(*items, garbled="garbage", lost="silent", bad="error")
    assert found[0] == "no JSON at all"
    assert json.loads(found[1]) == {"id": "bad", "error": "mock fault"}
    assert json.loads(found[2])["id"] == "good"
    assert len(found) == 3


def program(tmp_path: Path, *faults: str, **settings: Any) -> Any:
    """The mock tool behind ``kind: command``."""
    command = [sys.executable, "-m", "wild_aieval.testing", "tool", *(f"--fault={fault}" for fault in faults)]
    tasks = ["classification", "translation", "search"]
    raw = {"name": "mock", "kind": "command", "tasks": tasks, "command": command, "version": "1", **settings}
    raw |= {"env": [name for name in ("PYTHONPATH",) if os.environ.get(name)], "timeout_seconds": 20.0}
    return registry.build(registry.read_settings(raw, "mock"), Workplace(0, tmp_path))


def test_behind_the_command_adapter(tmp_path: Path) -> None:
    tool = program(tmp_path, "bad=error", "odd=garbage")
    documents = [Document(f"d{n}", "", text) for n, text in enumerate(["one", "bad", "three"])]
    found = tool.classify(documents)
    assert [isinstance(answer, Failure) for answer in found] == [False, True, False]
    assert [tuple(one) for one in found[2]] == answers.symbols("three")
    assert "mock fault" in found[1].message
    assert tool.translate([Segment("s", "word", "en", "es")])[0].text == "[es] word"
    tool.index([Document("c0", "", "memory"), Document("c1", "", "plough")])
    assert [hit.id for hit in tool.search([Query("q", "plough")], 1)[0]] == ["c1"]


def test_a_crash_is_the_error_of_its_item(tmp_path: Path) -> None:
    tool = program(tmp_path, "boom=crash")
    (failure,) = tool.classify([Document("d", "", "boom")])
    assert isinstance(failure, Failure)
    (good,) = tool.classify([Document("d", "", "fine")])
    assert [tuple(one) for one in good] == answers.symbols("fine")
