"""A mock program that speaks JSON Lines on standard input and output, as ``kind: command`` expects, with faults."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from typing import IO, Any

from wild_aieval.testing import answers

FAULTS = ("crash", "hang", "garbage", "error", "wrong_id", "silent")


class Tool:
    """Answers line by line. ``faults``: a text that the item holds -> what happens there (see ``FAULTS``)."""

    def __init__(self, faults: dict[str, str]) -> None:
        self._faults = faults
        self._documents: dict[str, str] = {}
        self._learned = 0

    def run(self, lines: Iterable[str], out: IO[str]) -> None:
        """Read until the end of the input."""
        for line in lines:
            if line.strip():
                self._meet(json.loads(line), line, out)

    def answer(self, item: dict[str, Any]) -> dict[str, Any]:
        """The good answer to one line."""
        task = item.get("task")
        if item.get("part") == 1:
            self._documents, self._learned = {}, 0
        if task == "index":
            given = item["documents"]
            self._documents.update({row["id"]: f"{row.get('title', '')} {row.get('text', '')}" for row in given})
            return {"indexed": len(self._documents)}
        if task == "train":
            self._learned += len(item["documents"])
            return {"trained": self._learned}
        if task == "classification":
            return {"id": item["id"], "suggestions": answers.symbols(item["text"])}
        if task == "translation":
            return {"id": item["id"], "translation": answers.translation(item["text"], item["target_language"])}
        if task == "search":
            hits = answers.ranking(item["query"], self._documents.items(), int(item["k"]))
            return {"id": item["id"], "hits": hits}
        return {"id": item.get("id"), "error": f"there is no task '{task}'"}

    def _meet(self, item: dict[str, Any], line: str, out: IO[str]) -> None:
        known = item.get("task") not in ("index", "train")
        fault = next((name for mark, name in self._faults.items() if known and mark in line), "")
        if fault == "crash":
            print("mock tool: crashes as ordered", file=sys.stderr, flush=True)
            os._exit(3)
        if fault == "hang":
            time.sleep(3600)
        if fault == "silent":
            return
        answer = self.answer(item)
        if fault == "error":
            answer = {"id": item["id"], "error": "mock fault"}
        if fault == "wrong_id":
            answer = answer | {"id": "nobody"}
        out.write(("no JSON at all" if fault == "garbage" else json.dumps(answer)) + "\n")
        out.flush()
