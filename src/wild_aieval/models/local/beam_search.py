"""Beam search for transformers' ``generate``: a sentence that cannot get better leaves the batch with its beams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wild_aieval.models.local.decoding import kept, may_leave, padded, step

_NEVER = -1e9  # a score that no sequence has


@dataclass
class Beams:
    """The state of the sentences at work: n sentences, k beams, t tokens."""

    numbers: list[int]  # n: the place of each in the batch
    ids: Any  # (n, k, t): those that go on, the best first
    scores: Any  # (n, k): sums of log-probabilities
    ended: Any  # (n, k, t): the best that ended, filled up with padding
    ended_scores: Any  # (n, k): as above, by length
    full: Any  # (n, k): whether there is one that ended
    open: Any  # (n): whether one that goes on may yet be better than those that ended

    def only(self, left: Any) -> Beams:
        """The sentences ``left`` (indices)."""
        told = (self.ids, self.scores, self.ended, self.ended_scores, self.full, self.open)
        return Beams([self.numbers[number] for number in left.tolist()], *(tensor[left] for tensor in told))


def beam_search(
    model: Any, input_ids: Any, logits_processor: Any, stopping_criteria: Any, generation_config: Any, **given: Any
) -> Any:
    """As ``generate`` decodes with several beams and without sampling, for ``custom_generate``: the same tokens.

    ``input_ids`` has a row for each beam. Shape of the result (sentences, longest), filled up with padding.
    """
    import torch

    prompt = input_ids.shape[1]
    state = _begun(input_ids, generation_config.num_beams)
    found: dict[int, Any] = {}
    while True:
        flat = state.ids.flatten(0, 1)
        logits, given = step(model, flat, given, first=flat.shape[1] == prompt)
        probabilities = logits_processor(flat, logits.log_softmax(dim=-1))
        state, parents, over = _advanced(state, probabilities, stopping_criteria, generation_config, prompt)
        still = torch.zeros_like(state.open) if over else state.open
        left = still.nonzero()[:, 0]
        for number in (~still).nonzero()[:, 0].tolist():
            found.setdefault(state.numbers[number], state.ended[number, 0])
        if not len(left):
            return padded(found, generation_config)
        if may_leave(len(left), len(still), logits_processor):
            given = kept(given, parents[left].flatten(), len(flat))
            state = state.only(left)
        elif given.get("past_key_values") is not None:
            # What is kept of the source is the same for all beams of a sentence.
            given["past_key_values"].self_attention_cache.reorder_cache(parents.flatten())


def _begun(input_ids: Any, beams: int) -> Beams:
    """One live beam for each sentence: all are alike, and would be followed by the same tokens."""
    ids = input_ids.unflatten(0, (-1, beams))
    scores = ids.new_zeros(ids.shape[:2]).float()
    scores[:, 1:] = _NEVER
    nothing = scores.new_full(scores.shape, _NEVER)
    full = scores.new_zeros(scores.shape).bool()
    return Beams(list(range(len(ids))), ids, scores, ids, nothing, full, ~full[:, 0])


def _advanced(
    state: Beams, probabilities: Any, stopping_criteria: Any, config: Any, prompt: int
) -> tuple[Beams, Any, bool]:
    """One token more; also the row from which each beam comes, shape (n, k), and whether none can go on."""
    import torch

    sentences, beams, tokens = state.ids.shape
    words = probabilities.shape[-1]
    ends = 0 if config._eos_token_tensor is None else len(config._eos_token_tensor)
    sums = (probabilities.unflatten(0, (sentences, beams)) + state.scores[..., None]).flatten(1)
    # So many that k are left when the best k of them end.
    scores, places = sums.topk(max(2, 1 + ends) * beams)
    parents = places // words
    ids = torch.cat([_chosen(state.ids, parents), (places % words)[..., None]], dim=-1)
    stops = stopping_criteria(ids.flatten(0, 1), None).unflatten(0, (sentences, -1))

    running = scores + stops.float() * _NEVER
    going = running.topk(beams).indices
    first_rows = torch.arange(sentences, device=ids.device)[:, None] * beams
    going_scores = running.gather(1, going)

    ended = stops.clone()
    ended[:, beams:] = False
    shut = ~state.open[:, None]
    by_length = scores / (tokens + 1 - prompt) ** config.length_penalty + (~ended | shut).float() * _NEVER
    padding = int(config._pad_token_tensor)
    all_ids = torch.cat([torch.nn.functional.pad(state.ended, (0, 1), value=padding), ids], dim=1)
    all_scores = torch.cat([state.ended_scores, by_length], dim=1)
    best = all_scores.topk(beams).indices
    full = torch.cat([state.full, ended], dim=1).gather(1, best)
    best_scores = all_scores.gather(1, best)

    goes_on = state.open & _may_improve(going_scores, best_scores, full, tokens + 1 - prompt, config, prompt)
    state = Beams(
        state.numbers, _chosen(ids, going), going_scores, _chosen(all_ids, best), best_scores, full, goes_on
    )  # fmt: skip
    return state, first_rows + parents.gather(1, going), bool(stops.all())


def _may_improve(going: Any, ended: Any, full: Any, length: int, config: Any, prompt: int) -> Any:
    """Whether the best that goes on may come before the worst that ended, by the rule ``early_stopping``; shape (n)."""
    if config.early_stopping is True:
        return ~full.all(dim=1)
    if config.early_stopping == "never" and config.length_penalty > 0:
        length = config.max_length - prompt
    possible = going[:, :1] / length**config.length_penalty
    worst = ended.min(dim=1, keepdim=True).values.where(full, _NEVER)
    return (possible > worst).any(dim=1)


def _chosen(tensor: Any, beams: Any) -> Any:
    """The beams of each sentence: (n, any, t) by indices (n, m) to (n, m, t)."""
    return tensor.gather(1, beams[..., None].expand(-1, -1, tensor.shape[-1]))
