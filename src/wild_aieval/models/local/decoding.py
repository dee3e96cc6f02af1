"""Greedy decoding for transformers' ``generate``: what has ended leaves the batch, so that nothing more is computed."""

from __future__ import annotations

from typing import Any

_ENDED = 0.25  # of a batch; to take rows out copies the caches of the others
_BY_ROW = ("encoder_input_ids", "generated_ngrams")  # of processors that keep the sources of the whole batch


def greedy(
    model: Any, input_ids: Any, logits_processor: Any, stopping_criteria: Any, generation_config: Any, **given: Any
) -> Any:
    """As ``generate`` decodes with one beam and without sampling, for ``custom_generate``: the same tokens.

    Shape (rows, longest), filled up with padding.
    """
    import torch

    ids, rows = input_ids, list(range(len(input_ids)))
    ended: dict[int, Any] = {}
    while True:
        logits, given = step(model, ids, given, first=ids.shape[1] == input_ids.shape[1])
        following = logits_processor(ids, logits).argmax(dim=-1)
        ids = torch.cat([ids, following[:, None]], dim=-1)
        finished = stopping_criteria(ids, None).tolist()
        for number, row in enumerate(rows):
            if finished[number] and row not in ended:
                ended[row] = ids[number]
        left = [number for number, row in enumerate(rows) if row not in ended]
        if not left:
            return padded(ended, generation_config)
        if may_leave(len(left), len(rows), logits_processor):
            chosen = torch.tensor(left, device=ids.device)
            ids, given = ids[chosen], kept(given, chosen, len(rows))
            rows = [rows[number] for number in left]


def step(model: Any, ids: Any, given: dict[str, Any], first: bool) -> tuple[Any, dict[str, Any]]:
    """Logits of the next token, shape (rows, vocabulary), and what the next step is given."""
    given.pop("synced_gpus", None), given.pop("streamer", None)
    new = {} if first or not given.get("use_cache", True) else {"next_sequence_length": 1}
    inputs = model.prepare_inputs_for_generation(ids, is_first_iteration=first, **new, **given)
    outputs = model(**inputs, return_dict=True)
    given = model._update_model_kwargs_for_generation(outputs, given, is_encoder_decoder=True)
    return outputs.logits[:, -1].float(), given


def may_leave(left: int, rows: int, logits_processor: Any) -> bool:
    """Whether enough rows have ended for the others to be copied; none leaves a processor that knows them by place."""
    bound = any(hasattr(processor, name) for processor in logits_processor for name in _BY_ROW)
    return not bound and left <= (1 - _ENDED) * rows


def kept(given: dict[str, Any], chosen: Any, rows: int) -> dict[str, Any]:
    """The rows ``chosen`` (indices) of everything that has a row for each of ``rows``."""
    import torch

    found = {}
    for name, value in given.items():
        if name == "encoder_outputs":
            value = type(value)(last_hidden_state=value.last_hidden_state[chosen])
        elif hasattr(value, "batch_select_indices"):
            value.batch_select_indices(chosen)
        elif isinstance(value, torch.Tensor) and value.ndim and len(value) == rows:
            value = value[chosen]
        found[name] = value
    return found


def padded(ended: dict[int, Any], generation_config: Any) -> Any:
    """The rows in their first order, shape (rows, longest)."""
    import torch

    listed = [ended[row] for row in range(len(ended))]
    padding = int(generation_config._pad_token_tensor)
    return torch.nn.utils.rnn.pad_sequence(listed, batch_first=True, padding_value=padding)
