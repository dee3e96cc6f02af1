"""The tiny models that the tests of adapters train."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any


def _beside(file: str) -> Any:
    spec = importlib.util.spec_from_file_location("models_for_determinism", Path(__file__).parents[1] / file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_models = _beside("models/conftest.py")
classifier_folder, marian_folder, chat_folder = _models.classifier_folder, _models.marian_folder, _models.chat_folder
