"""Greedy decoding for transformers' ``generate``: what has ended leaves the batch, so that nothing more is computed."""

from __future__ import annotations

from typing import Any

_ENDED = 0.25  # of a batch; to take rows out copies the caches of the others


def greedy(
    model: Any, input_ids: Any, logits_processor: Any, stopping_criteria: Any, generation_config: Any, **given: Any
) -> Any:
    """As ``generate`` decodes with one beam and without sampling, for ``custom_generate``: the same tokens.

    Shape (rows, longest), filled up with padding.
    """
    import torch

    given.pop("synced_gpus", None), given.pop("streamer", None)
    ids, rows = input_ids, list(range(len(input_ids)))
    ended: dict[int, Any] = {}
    first = True
    while rows:
        step = {} if first else {"next_sequence_length": 1}
        inputs = model.prepare_inputs_for_generation(ids, is_first_iteration=first, **step, **given)
        outputs = model(**inputs, return_dict=True)
        given = model._update_model_kwargs_for_generation(outputs, given, is_encoder_decoder=True)
        following = logits_processor(ids, outputs.logits[:, -1].float()).argmax(dim=-1)
        ids, first = torch.cat([ids, following[:, None]], dim=-1), False
        finished = stopping_criteria(ids, None).tolist()
        for number, row in enumerate(rows):
            if finished[number] and row not in ended:
                ended[row] = ids[number]
        left = [number for number, row in enumerate(rows) if row not in ended]
        if len(left) <= (1 - _ENDED) * len(rows):
            ids, given = _kept(ids, given, left, len(rows))
            rows = [rows[number] for number in left]
    listed = [ended[row] for row in range(len(ended))]
    padding = int(generation_config._pad_token_tensor)
    return torch.nn.utils.rnn.pad_sequence(listed, batch_first=True, padding_value=padding)


def _kept(ids: Any, given: dict[str, Any], left: list[int], rows: int) -> tuple[Any, dict[str, Any]]:
    """The rows that go on, in everything that has a row for each."""
    import torch

    if not left:
        return ids[:0], given
    chosen = torch.tensor(left, device=ids.device)
    found = {}
    for name, value in given.items():
        if name == "encoder_outputs":
            value = type(value)(last_hidden_state=value.last_hidden_state[chosen])
        elif hasattr(value, "batch_select_indices"):
            value.batch_select_indices(chosen)
        elif isinstance(value, torch.Tensor) and value.ndim and len(value) == rows:
            value = value[chosen]
        found[name] = value
    return ids[chosen], found
