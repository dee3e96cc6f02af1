"""The good answers of the mock endpoint, by path: plain data in, plain data out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from wild_aieval.testing import answers

Body = dict[str, Any]


class Shelf:
    """The documents that were sent in, by id, and the indices that were made, in memory."""

    def __init__(self) -> None:
        self.documents: dict[str, Body] = {}
        self.indices: dict[str, Body] = {}

    def texts(self) -> list[tuple[str, str]]:
        """(id, title and text) of every document."""
        return [(name, f"{row.get('title', '')} {row.get('text', '')}") for name, row in self.documents.items()]


def classify(body: Body, shelf: Shelf) -> Body:
    """``{"text"}``, or ``{"documents": [{"id", "text"}]}``."""
    return _one_or_many(body, "documents", lambda row: {"predictions": _predictions(str(row["text"]))})


def translate(body: Body, shelf: Shelf) -> Body:
    """``{"text", "target"}``, ``{"segments": [{"id", "text"}], "target"}``; LibreTranslate's ``q``."""
    target = str(body.get("target", ""))
    if "q" in body:
        given = body["q"]
        many = [answers.translation(text, target) for text in ([given] if isinstance(given, str) else given)]
        return {"translatedText": many[0] if isinstance(given, str) else many}
    one = lambda row: {"translation": answers.translation(str(row["text"]), target), "confidence": 0.75}  # noqa: E731
    return _one_or_many(body, "segments", one)


def search(body: Body, shelf: Shelf) -> Body:
    """``{"query", "k"}``, or ``{"queries": [{"id", "query"}], "k"}``, over what came to ``/index``."""
    texts, k = shelf.texts(), int(body.get("k", 10))

    def one(row: Body) -> Body:
        return {"hits": [{"doc": name, "score": s} for name, s in answers.ranking(str(row["query"]), texts, k)]}

    return _one_or_many(body, "queries", one)


def index(body: Body, shelf: Shelf) -> Body:
    """``{"documents": [{"id", "title", "text"}]}``."""
    shelf.documents.update({str(row["id"]): row for row in body["documents"]})
    return {"indexed": len(body["documents"])}


def chat(body: Body, shelf: Shelf) -> Body:
    """OpenAI's chat completions: one symbol, or a translation where the prompt asks for one."""
    prompt = "\n".join(str(message["content"]) for message in body["messages"])
    asked = str(body["messages"][-1]["content"])
    said = answers.translation(asked, "mock") if "translat" in prompt.lower() else answers.symbols(asked)[0][0]
    usage = {"prompt_tokens": len(answers.words(prompt)), "completion_tokens": len(answers.words(said))}
    message = {"role": "assistant", "content": said}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage}


def embeddings(body: Body, shelf: Shelf) -> Body:
    """OpenAI's embeddings: hashed words."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    rows = [{"object": "embedding", "index": n, "embedding": answers.vector(text)} for n, text in enumerate(texts)]
    tokens = sum(len(answers.words(text)) for text in texts)
    return {"object": "list", "data": rows, "model": body["model"], "usage": {"prompt_tokens": tokens}}


def deepl(body: Body, shelf: Shelf) -> Body:
    """DeepL's ``/v2/translate``."""
    rows = [{"text": answers.translation(text, str(body["target_lang"]))} for text in body["text"]]
    return {"translations": [{"detected_source_language": body.get("source_lang", ""), **row} for row in rows]}


ROUTES: dict[str, Callable[[Body, Shelf], Body]] = {
    "/classify": classify,
    "/translate": translate,
    "/search": search,
    "/index": index,
    "/v1/chat/completions": chat,
    "/v1/embeddings": embeddings,
    "/v2/translate": deepl,
}


def engine(method: str, path: str, text: str, shelf: Shelf) -> tuple[int, Body] | None:
    """The few calls of OpenSearch that the harness makes, for an index named in the path; None for other paths."""
    name, _, call = path.strip("/").partition("/")
    if method == "PUT" and not call:
        shelf.indices[name] = json.loads(text)
        return 200, {"acknowledged": True}
    if name not in shelf.indices:
        return (404, {"error": f"no such index [{name}]"}) if call.startswith("_") or method == "DELETE" else None
    if method == "DELETE":
        del shelf.indices[name]
        shelf.documents.clear()
        return 200, {"acknowledged": True}
    if call == "_mapping":
        return 200, {name: {"mappings": shelf.indices[name]["mappings"]}}
    if call == "_bulk":
        rows = [json.loads(line) for line in text.splitlines()]
        shelf.documents |= {head["index"]["_id"]: row for head, row in zip(rows[::2], rows[1::2], strict=True)}
        return 200, {"errors": False, "items": []}
    if call == "_search":
        return 200, _search(json.loads(text), shelf)
    return (200, {"_shards": {"failed": 0}}) if call == "_refresh" else None


def _search(body: Body, shelf: Shelf) -> Body:
    clauses = body["query"]["bool"]
    wanted = clauses["must"][0]["multi_match"]["query"]
    texts = [(name, text) for name, text in shelf.texts() if not _excluded(shelf.documents[name], clauses)]
    hits = [{"_id": name, "_score": score} for name, score in answers.ranking(wanted, texts, body["size"])]
    return {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": hits}}


def _excluded(row: Mapping[str, Any], clauses: Body) -> bool:
    for clause in clauses.get("must_not", []):
        for field, wanted in clause.get("range", {}).items():
            if row.get(field, "") >= wanted["gte"]:
                return True
        for field, wanted in clause.get("term", {}).items():
            if row.get(field) == wanted:
                return True
    return False


def _predictions(text: str) -> list[Body]:
    return [{"symbol": symbol, "score": score} for symbol, score in answers.symbols(text)]


def _one_or_many(body: Body, many: str, one: Callable[[Body], Body]) -> Body:
    if many in body:
        return {"results": [{"id": row.get("id"), **one(row)} for row in body[many]]}
    return one(body)
