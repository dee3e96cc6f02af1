"""Which library computes an encoder's vectors, and in which precision: the quicker of two that give the same vectors.

It is found out once, on some texts, and kept for the model, the libraries, the processor and the number of threads, so
that a run that is continued goes on with the same one. Candidates are held against torch in float32.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from wild_aieval.errors import UserError
from wild_aieval.hardware import describe
from wild_aieval.models.embeddings import conversion, kept, openvino_runtime
from wild_aieval.models.embeddings.batch import Batch, padded
from wild_aieval.models.embeddings.openvino_runtime import OpenVinoRuntime
from wild_aieval.models.embeddings.segments import Vectors
from wild_aieval.models.embeddings.source import Source
from wild_aieval.models.embeddings.token_ids import FastTokens, Tokens
from wild_aieval.models.embeddings.torch_runtime import TorchRuntime
from wild_aieval.models.local import weights

_LIMITS = {"float32": 0.99999}  # least cosine with torch in float32
_LIMIT = 0.999  # of any other precision
_LARGEST = 4 << 30  # bytes of weights; larger networks are not held twice for a comparison that nobody asked for
_ROUNDS = 3
_FAVOUR = 1.1  # what starts without torch may be so much slower
_LONGEST = 512  # tokens of a text of the probe
_TEXT = (
    "The shaft 12 of the pump carries a wheel with seven blades; a seal (14) keeps the oil from the housing, and the "
    "controller measures temperature, pressure and flow in order to open the valve when a limit of 3.5 MPa is passed. "
    "Ein Kolben bewegt sich im Zylinder. Un procédé de traitement d'images comprend une étape de filtrage. "
)


Name = Literal["torch", "openvino"]


class Runtime(Protocol):
    """Token ids to vectors."""

    @property
    def token_budget(self) -> int:
        """Padded tokens of a batch where the settings say nothing."""
        ...

    def vectors(self, batch: Batch) -> Vectors:
        """Shape (texts, dimension)."""
        ...


@dataclass(frozen=True)
class Choice:
    """``cosine``: the least one with torch in float32, None where nothing was compared; ``fault``: why what was asked
    for is not what is taken.
    """

    runtime: Name
    precision: str
    cosine: float | None = None
    fault: str = ""

    def facts(self, source: Source) -> dict[str, Any]:
        """What identifies vectors: files, libraries, the runtime where it is not torch."""
        found = dict(source.facts)
        if self.runtime == "openvino":
            found |= weights.library_versions("openvino") | {"runtime": "openvino", "precision": self.precision}
        elif self.precision != source.settings.dtype:
            found |= {"precision": self.precision}
        return found

    def open(self, source: Source) -> Runtime:
        """Read the weights."""
        if self.runtime == "openvino":
            return OpenVinoRuntime(source.converted(), source.recipe, self.precision, source.settings.name)
        settings = source.settings.model_copy(update={"dtype": self.precision})
        return TorchRuntime(settings, source.folder, source.recipe)


def choose(source: Source) -> Choice:
    """As the settings say; UserError where they ask for what cannot be had."""
    settings = source.settings
    fault = "" if settings.runtime == "torch" else _no_openvino(source)
    if fault and settings.runtime == "openvino":
        raise UserError(
            f"{settings.name}: model.runtime=openvino cannot be used: {fault}. Set model.runtime=torch, or auto."
        )
    torch_only = bool(fault) or settings.runtime == "torch"
    small = sum(file.stat().st_size for file in source.folder.glob("*.safetensors")) <= _LARGEST
    if (torch_only and settings.dtype == "float32") or not (small or settings.runtime == "openvino"):
        return Choice("torch", settings.dtype)
    if torch_only:
        return _kept(source, ["torch"])
    return _kept(source, ["openvino"] if settings.runtime == "openvino" else ["openvino", "torch"])


def _no_openvino(source: Source) -> str:
    """Why OpenVINO is not asked; empty where it is."""
    settings = source.settings
    if settings.runtime == "openvino":
        openvino_runtime.required(settings.name)
    if not openvino_runtime.installed():
        return "the package 'openvino' is not installed"
    if settings.dtype not in openvino_runtime.PRECISIONS:
        return f"it computes in {' or '.join(openvino_runtime.PRECISIONS)}, and model.dtype is {settings.dtype}"
    if settings.attention not in ("auto", "sdpa", "eager"):
        return f"model.attention is {settings.attention}"
    if not conversion.can_be_followed(source.folder, settings.name):
        return "the model's positions depend on how long a text is"
    return "" if _on_cpu(settings.device) else "it is asked on the CPU only, and there is an accelerator"


def _on_cpu(device: str) -> bool:
    """Whether work is done on the CPU; torch is asked only where there may be an accelerator."""
    if device != "auto":
        return device == "cpu"
    seen = any(Path(name).exists() for name in ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg"))
    built_for_cpu = weights.library_versions("torch")["torch"].endswith("+cpu")
    if built_for_cpu or (sys.platform == "linux" and not seen):
        return True
    return weights.pick_device(device) == "cpu"


def _kept(source: Source, names: list[Name]) -> Choice:
    settings, recipe = source.settings, source.recipe
    machine = [describe()["cpu"], openvino_runtime.threads(), settings.device]
    told = [names, settings.dtype, settings.attention, recipe.pooling, recipe.dense, recipe.normalise]
    versions = weights.library_versions("openvino") if "openvino" in names else {}
    file = source.place / f"choice-{source.key(machine, told, versions)}.json"
    found = _read(file)
    if found is None:
        try:
            found = _probe(source, names)
        except UserError:
            if settings.runtime == "openvino":
                raise
            return Choice("torch", settings.dtype)  # which says what is wrong with the model when it is asked
        except OSError as error:
            print(f"{settings.name}: nothing can be kept in {source.place} ({error}); torch is used.", file=sys.stderr)
            return Choice("torch", settings.dtype)
        _say(settings.name, found)
        found = _parsed(kept.first(file, json.dumps(asdict(found)))) or found
    elif found.precision != settings.dtype and found.fault:
        _say(settings.name, found)
    return found


def _read(file: Path) -> Choice | None:
    try:
        found = _parsed(file.read_text(encoding="utf-8"))
        if found is None:
            file.unlink(missing_ok=True)  # the next one is written whole
    except (OSError, ValueError):
        return None
    return found


def _parsed(text: str) -> Choice | None:
    try:
        found = Choice(**json.loads(text))
    except (ValueError, TypeError):
        return None
    return found if found.runtime in ("torch", "openvino") else None


def _say(name: str, found: Choice) -> None:
    library = {"torch": "torch", "openvino": "OpenVINO"}[found.runtime]
    compared = "" if found.cosine is None else f"; least cosine with torch in float32: {found.cosine:.6f}"
    why = f" ({found.fault})" if found.fault else ""
    print(f"{name}: vectors are computed by {library} in {found.precision}{why}{compared}.", file=sys.stderr)


@dataclass(frozen=True)
class _Tried:
    choice: Choice
    seconds: float


def _probe(source: Source, names: list[Name]) -> Choice:
    """Try what is named on some texts; torch in float32 where nothing else gives its vectors."""
    tokens = source.tokens()
    if not isinstance(tokens, FastTokens):
        names = _without_fast_tokenizer(source)
    batches = list(_batches(tokens))
    reference = Choice("torch", "float32").open(source)
    wanted = _asked(reference, batches)
    tried, faults = [], []
    for name in names:
        try:
            found = _try(source, Choice(name, source.settings.dtype), reference, batches, wanted)
        except (UserError, OSError):
            raise
        except Exception as error:  # noqa: BLE001  what a network cannot do is told in many ways
            faults.append(f"{name} cannot be used: {type(error).__name__}: {str(error).strip().splitlines()[:1]}"[:200])
            continue
        least = found.choice.cosine if found.choice.cosine is not None else 1.0
        if least >= _LIMITS.get(found.choice.precision, _LIMIT):  # not a number is less
            tried.append(found)
        else:
            shown = f"a least cosine of {least:.4f}" if np.isfinite(least) else "no numbers"
            faults.append(f"{name} in {found.choice.precision} gives {shown} beside float32")
    if not tried:
        return Choice("torch", "float32", None, "; ".join(faults))
    best = min(tried, key=lambda one: one.seconds * (1 if one.choice.runtime == "openvino" else _FAVOUR)).choice
    return replace(best, fault="; ".join(faults))


def _try(source: Source, asked: Choice, reference: Runtime, batches: list[Batch], wanted: Vectors) -> _Tried:
    same = asked == Choice("torch", "float32")
    runtime = reference if same else asked.open(source)
    precision = getattr(runtime, "precision", asked.precision)
    vectors = _asked(runtime, batches)
    cosine = None if same else _least_cosine(vectors, wanted)
    seconds = min(_seconds(lambda: _asked(runtime, batches)) for _ in range(_ROUNDS))
    return _Tried(Choice(asked.runtime, precision, cosine), seconds)


def _without_fast_tokenizer(source: Source) -> list[Name]:
    """What can be asked where texts are read by transformers anyhow."""
    if source.settings.runtime == "openvino":
        raise UserError(
            f"{source.settings.name}: model.runtime=openvino needs a fast tokenizer, and '{source.folder}' has none. "
            "Set model.runtime=torch."
        )
    return ["torch"]


def _batches(tokens: Tokens) -> Iterator[Batch]:
    """Texts of several lengths, alone and together, up to the longest that the model reads."""
    words = _TEXT.split()
    short = [" ".join(words[start : start + 3 + start % 7]) for start in range(0, 40, 8)]
    middle = [" ".join(words[start:] + words[:start]) for start in range(0, 40, 10)]
    long = [" ".join(words * 8)]
    for texts in (short, middle, long, short[:1], [short[0], middle[0]]):
        ids = [found[:_LONGEST] for found in tokens.ids(texts)]
        yield padded(ids, tokens.vocabulary.pad_id, tokens.vocabulary.pad_left)


def _asked(runtime: Runtime, batches: list[Batch]) -> Vectors:
    return np.concatenate([runtime.vectors(batch) for batch in batches])


def _least_cosine(vectors: Vectors, wanted: Vectors) -> float:
    found, held = vectors.astype(np.float64), wanted.astype(np.float64)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(held, axis=1)
    return float(((found * held).sum(axis=1) / np.maximum(lengths, 1e-12)).min())


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
