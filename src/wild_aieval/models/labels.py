"""The symbols a classifier can suggest, as columns of a matrix."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval.errors import UserError, nearest
from wild_aieval.items import Failure, LabelledDocument, Suggestion
from wild_aieval.standards import ipc

Floats = NDArray[np.float64]


class LabelSpace:
    """Learns the main symbol of a document, or all of its symbols where the main one is not known."""

    def __init__(self, train: Sequence[LabelledDocument]) -> None:
        self.symbols = sorted({symbol for item in train for symbol in targets(item)})
        self._column = {symbol: number for number, symbol in enumerate(self.symbols)}

    def indicators(self, items: Sequence[LabelledDocument]) -> Any:
        """Sparse 0/1 matrix of shape (items, symbols); unseen symbols are left out."""
        from scipy.sparse import csr_array

        cells = [(row, column) for row, item in enumerate(items) for column in self.columns(item)]
        rows, columns = zip(*cells, strict=True) if cells else ((), ())
        shape = (len(items), len(self.symbols))
        return csr_array((np.ones(len(cells), dtype=np.int8), (rows, columns)), shape)

    def columns(self, item: LabelledDocument) -> list[int]:
        """The columns of an item's symbols."""
        return [self._column[symbol] for symbol in targets(item) if symbol in self._column]

    def top(self, scores: Floats, size: int) -> list[list[Suggestion] | Failure]:
        """The ``size`` best symbols of each row of (items, symbols) scores; ties by symbol."""
        order = np.argsort(-scores, axis=1, kind="stable")[:, :size]
        return [
            [Suggestion(self.symbols[column], float(row[column])) for column in best]
            for row, best in zip(scores, order, strict=True)
        ]


def targets(item: LabelledDocument) -> tuple[str, ...]:
    """What a classifier should learn from an item."""
    return (item.main,) if item.main else item.symbols


def symbols_of_model(config: Path, mapping: Mapping[str, str | None]) -> list[str | None]:
    """The symbols of ``id2label`` in a model's config, by column; None for a label that is never suggested.

    ``mapping``: what labels that are no symbols stand for; null for 'not a symbol'. UserError names the label that
    cannot be mapped, an entry of ``mapping`` that is no label, or two labels with one symbol.
    """
    named = json.loads(config.read_text(encoding="utf-8")).get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    labels = [str(label) for _, label in sorted(named.items(), key=lambda entry: int(entry[0]))]
    if unknown := [label for label in mapping if label not in labels]:
        raise UserError(
            f"{config}: 'labels' maps '{unknown[0]}', which is not in id2label. {nearest(unknown[0], labels)}"
        )
    found = [_symbol(label, mapping, config) for label in labels]
    given = [symbol for symbol in found if symbol is not None]
    if twice := sorted({symbol for symbol in given if given.count(symbol) > 1}):
        raise UserError(
            f"{config}: several labels stand for '{twice[0]}'. Map all but one of them to null in 'labels'."
        )
    if not given:
        raise UserError(f"{config}: no label stands for a symbol. Map labels to symbols in 'labels'.")
    return found


def _symbol(label: str, mapping: Mapping[str, str | None], config: Path) -> str | None:
    wanted = mapping.get(label, label)
    if wanted is None:
        return None
    symbol = ipc.parse_symbol(wanted)
    if symbol is None:
        where = (
            f"'labels' maps '{label}' to '{wanted}', which" if label in mapping else f"the label '{label}' in id2label"
        )
        raise UserError(
            f"{config}: {where} is no classification symbol (expected such as 'A61B' or 'A61B 5/00'). Write the "
            f"symbols into id2label, or map the label in the model's file: labels: {{{label}: A61B}}."
        )
    return symbol
