"""Attention to kept keys and values against its formula, compiled and gathered."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from textkit.models.translators.slot_attention import _gathered_at, _gathered_back, look_at, look_back


def formula(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """One head, in float64: softmax(K q / sqrt(d)) V."""
    weights = torch.softmax(keys.double() @ query.double() / math.sqrt(len(query)), dim=0)
    return weights @ values.double()


def gathered_back(inputs: Tensor, kept: Tensor, *, places: Tensor, past: Tensor) -> Tensor:
    return _gathered_back(inputs.view(len(inputs), 3, *kept.shape[3:]), kept, places=places, past=past)


def gathered_at(queries: Tensor, kept: Tensor, *, places: Tensor, lengths: Tensor) -> Tensor:
    return _gathered_at(queries.view(len(queries), *kept.shape[3:]), kept, places=places, lengths=lengths)


SIZES = {
    "seed": st.integers(0, 2**31),
    "sentences": st.integers(1, 4),
    "of_each": st.integers(1, 3),
    "slots": st.integers(1, 9),
    "heads": st.integers(1, 3),
    "width": st.sampled_from([1, 4, 7, 16]),
    "scale": st.sampled_from([0.0, 1.0, 30.0]),
}


@pytest.mark.parametrize("look", [look_back, gathered_back])
@settings(max_examples=60, deadline=None)
@given(**SIZES)
def test_rows_see_their_past_and_themselves(
    look: Callable[..., Tensor],
    seed: int,
    sentences: int,
    of_each: int,
    slots: int,
    heads: int,
    width: int,
    scale: float,
) -> None:
    torch.manual_seed(seed)
    rows = sentences * of_each
    kept = torch.randn(sentences + 2, slots + of_each, 2, heads, width) * scale
    before = kept.clone()
    places = torch.randperm(sentences + 2)[:sentences]
    own = torch.arange(rows) % of_each + slots
    past = torch.cat((torch.randint(slots, (rows, slots)), own[:, None]), dim=1)
    inputs = torch.randn(rows, 3 * heads * width)
    found = look(inputs, kept, places=places, past=past).view(rows, heads, width)
    queries, *new = inputs.view(rows, 3, heads, width).unbind(1)
    for row in range(rows):
        place = int(places[row // of_each])
        before[place, own[row]] = torch.stack([part[row] for part in new])
        for head in range(heads):
            seen = before[place, past[row], :, head]
            torch.testing.assert_close(
                found[row, head].double(),
                formula(queries[row, head], seen[:, 0], seen[:, 1]),
                atol=2e-5 * max(scale, 1),
                rtol=1e-4,
            )
    assert torch.equal(kept, before)


@pytest.mark.parametrize("look", [look_at, gathered_at])
@settings(max_examples=60, deadline=None)
@given(**SIZES)
def test_rows_see_the_real_steps_of_their_sentence(
    look: Callable[..., Tensor],
    seed: int,
    sentences: int,
    of_each: int,
    slots: int,
    heads: int,
    width: int,
    scale: float,
) -> None:
    torch.manual_seed(seed)
    kept = torch.randn(sentences + 1, slots, 2, heads, width) * scale
    places, lengths = torch.randperm(sentences + 1)[:sentences], torch.randint(1, slots + 1, (sentences + 1,))
    for place, length in enumerate(lengths.tolist()):
        kept[place, length:] = 1e30  # which nobody may see
    queries = torch.randn(sentences * of_each, heads * width)
    found = look(queries, kept.clamp(max=1e3), places=places, lengths=lengths).view(-1, heads, width)
    for row in range(sentences * of_each):
        place = int(places[row // of_each])
        for head in range(heads):
            seen = kept[place, : int(lengths[place]), :, head]
            torch.testing.assert_close(
                found[row, head].double(),
                formula(queries[row].view(heads, width)[head], seen[:, 0], seen[:, 1]),
                atol=2e-5 * max(scale, 1),
                rtol=1e-4,
            )
