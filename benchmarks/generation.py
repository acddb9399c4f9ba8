"""Tokens a second of generation, one sample at a time, of a network with random weights.

The peer is a loop of our own after the description of PyTorch's word-language-model example: one token in,
the distribution of the next one as the network's output gives it, one draw by torch.multinomial.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import sys
from collections.abc import Callable

import torch
from results import machine, publish, table
from timing import in_turns
from torch import Tensor, nn

from textkit.decode.beam import beam_search
from textkit.decode.filters import Filter, Forbid, Temperature, TopK, TopP
from textkit.decode.sample import sample
from textkit.lm.stepping import SteppingNetwork
from textkit.models.recurrent import RecurrentNetwork, RecurrentSettings

VOCAB_SIZE, TOKENS, REPEAT = 33_278, 100, 3


class Reference(nn.Module):
    """Embedding, nn.LSTM of two layers and a linear layer, time first, as the example's model."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = nn.Embedding(VOCAB_SIZE, width)
        self.lstm = nn.LSTM(width, width, 2)
        self.decoder = nn.Linear(width, VOCAB_SIZE)

    def forward(self, ids: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Log probabilities (T B, V) and the state."""
        features, state = self.lstm(self.encoder(ids), state)
        return torch.log_softmax(self.decoder(features).view(-1, VOCAB_SIZE), dim=1), state


def generate_as_the_example(model: Reference, *, temperature: float) -> None:
    """The example's loop, token by token."""
    width = model.lstm.hidden_size
    state = (torch.zeros(2, 1, width), torch.zeros(2, 1, width))
    ids = torch.randint(VOCAB_SIZE, (1, 1))
    with torch.no_grad():
        for _ in range(TOKENS):
            output, state = model(ids, state)
            weights = output.squeeze().div(temperature).exp()
            ids.fill_(torch.multinomial(weights, 1)[0])


def ours(network: RecurrentNetwork, *filters: Filter) -> Callable[[], object]:
    """As `textkit generate` draws."""

    def work() -> object:
        steps = SteppingNetwork(network)  # what it prepares belongs to the cost
        generator = torch.Generator().manual_seed(1)
        return sample(steps, [1], length=TOKENS, generator=generator, filters=[Forbid((0,)), *filters])

    return work


def searched(network: RecurrentNetwork) -> Callable[[], object]:
    """A beam of five."""
    return lambda: beam_search(SteppingNetwork(network), [1], width=5, length=TOKENS)


def threaded(threads: int, work: Callable[[], object]) -> Callable[[], object]:
    """The same with a number of threads."""

    def started() -> object:
        torch.set_num_threads(threads)
        return work()

    return started


def make_works(width: int) -> dict[str, Callable[[], object]]:
    """What is timed, by name, at a width of embedding and layers."""
    torch.manual_seed(0)
    settings = RecurrentSettings("lstm", VOCAB_SIZE, embedding=width, hidden=width, layers=2)
    reference, network = Reference(width).eval(), RecurrentNetwork(settings).eval()
    with torch.no_grad():  # as steep as what trained models give, which top-p would otherwise have to sort
        network.output.bias.copy_(-1.5 * torch.arange(1, VOCAB_SIZE + 1).log())
        reference.decoder.bias.copy_(network.output.bias)
    return {
        "the example's loop": lambda: generate_as_the_example(reference, temperature=1.0),
        "textkit": ours(network),
        "textkit, temperature 0.8, top-k 40": ours(network, Temperature(0.8), TopK(40)),
        "textkit, temperature 0.8, top-p 0.9": ours(network, Temperature(0.8), TopP(0.9)),
        "textkit, beam of 5": searched(network),
    }


def main() -> None:
    """Measure, print and with --write record."""
    rows = []
    for width in (200, 650):
        works = make_works(width)
        seconds = [
            in_turns({name: threaded(threads, work) for name, work in works.items()}, repeat=REPEAT)
            for threads in (1, 2)
        ]
        rows += [
            [f"2x{width} LSTM", name, *(f"{TOKENS / each[name]:,.0f}" for each in seconds)] for name in works
        ]
    body = table(["network", "", "tokens/s, 1 thread", "2 threads"], rows)
    note = (
        f"{machine('torch')}. Random weights, {VOCAB_SIZE:,} words, float32, {TOKENS} tokens after one,\n"
        f"median of {REPEAT} rounds; laying out the output weights anew for textkit is included."
    )
    publish("Generation", f"{note}\n\n{body}", script="generation.py")


if __name__ == "__main__":
    sys.exit(main())
