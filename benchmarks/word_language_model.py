"""textkit's training step beside that of PyTorch's word language model example: speed, losses, memory.

    TEXTKIT_DATA=... python benchmarks/word_language_model.py [--units 200 650] [--steps 1000 50] [--rate 20]
        [--write]

The reference is a loop of our own to the example's description (the original, given the same weights, has
the same losses to the last bit). It and textkit, in float32 and in bfloat16, start from the same weights,
read the same batches, draw the same dropout masks, and take turns in one process, a block of steps each. With
`--variant NAME` one of them runs alone: so the peaks of memory are measured.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command does; read when torch is loaded

import torch
from processes import cost_of
from results import data_folder, machine, publish, table
from torch import Tensor, nn
from torch.nn import functional

from textkit.models.network import detach
from textkit.models.precision import choose_precision
from textkit.models.recurrent import Dropouts, RecurrentNetwork, RecurrentSettings
from textkit.train.clipping import clip_gradients

VOCAB, STEPS, ROWS, LAYERS, DROPOUT, RATE, CLIP, SEED = 33278, 35, 20, 2, 0.2, 20.0, 0.25, 1111
BLOCK = 10  # steps of one variant before the next one's turn
MEAN = 50  # steps that a loss is averaged over
MEMORY_STEPS = 6
VARIANTS = (
    "the example's loop",
    "the same, one weight's last bit changed",
    "textkit, float32",
    "textkit, bfloat16",
)
HEADER = [
    "units",
    "variant",
    "tokens/s",
    "ratio",
    "ratio of CPU time",
    "last loss",
    "largest difference",
    "peak",
]
NOTES = f"""{LAYERS} LSTM layers, {VOCAB:,} words, {STEPS} steps, {ROWS} rows, dropout {DROPOUT}, plain SGD,
gradients clipped to {CLIP}; two threads. The text is WikiText-2's validation and test part, repeated,
its vocabulary padded to that of the training part, which is not at hand: the losses are not WikiText-2's.
`ratio` is that of the median times of a block of {BLOCK} steps. `last loss` is the mean of the last {MEAN}
steps, `largest difference` the largest one from the example's among the means of {MEAN} steps. Its second row
shows how much of that is chance: at this learning rate any difference in rounding grows. `peak` is the most
memory of a process that trains alone for {MEMORY_STEPS} steps."""


class Reference(nn.Module):
    """The example's network, written to its description."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, units)
        self.dropout = nn.Dropout(DROPOUT)
        self.lstm = nn.LSTM(units, units, LAYERS, dropout=DROPOUT)
        self.decoder = nn.Linear(units, VOCAB)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, ids: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """`ids` (T, B): log probabilities (T*B, V) and the state."""
        outputs, after = self.lstm(self.dropout(self.embedding(ids)), state)
        decoded = self.decoder(self.dropout(outputs)).view(-1, VOCAB)
        return functional.log_softmax(decoded, dim=1), after


Step = Callable[[Tensor, Tensor], float]


def reference_step(network: Reference, rate: float) -> Step:
    """The example's loop: a function of a batch, ids and targets (T, B), that trains and gives the loss."""
    units = network.lstm.hidden_size
    state: tuple[Tensor, ...] = tuple(torch.zeros(LAYERS, ROWS, units) for _ in range(2))
    criterion = nn.NLLLoss()

    def step(ids: Tensor, targets: Tensor) -> float:
        nonlocal state
        network.zero_grad()
        log_probs, state = network(ids, tuple(part.detach() for part in state))
        loss = criterion(log_probs, targets.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        for parameter in network.parameters():
            parameter.data.add_(parameter.grad, alpha=-rate)
        return float(loss.detach())

    return step


def textkit_step(units: int, precision_name: str, *, rate: float, start: Reference | None) -> Step:
    """The same with textkit's parts, from the same weights if they are given."""
    settings = RecurrentSettings(
        "lstm",
        VOCAB,
        embedding=units,
        hidden=units,
        layers=LAYERS,
        dropouts=Dropouts.everywhere(DROPOUT),
        sparse_embedding=True,
    )
    network = RecurrentNetwork(settings)
    if start is not None:
        network.load_state_dict(same_weights(start))
    precision = choose_precision("bf16" if precision_name == "bfloat16" else "fp32", device="cpu")
    if precision_name == "bfloat16" and precision.name != "bf16":
        sys.exit(precision.reason)
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)
    state = network.zero_state(ROWS)

    def step(ids: Tensor, targets: Tensor) -> float:
        nonlocal state
        optimizer.zero_grad(set_to_none=True)  # first: the loss forms gradients, for which this makes room
        with precision.autocast():
            reading = network.read(ids.T, state)
            loss = network.output.loss(reading.features.flatten(0, 1), targets.T.reshape(-1))
        state = detach(reading.state)
        loss.backward()
        clip_gradients(network.parameters(), CLIP)
        optimizer.step()
        return float(loss.detach())

    return step


def same_weights(start: Reference) -> dict[str, Tensor]:
    """The weights by the names they have in textkit."""
    weights = {"embedding.weight": start.embedding.weight, "output.weight": start.decoder.weight}
    for layer, part in itertools.product(range(LAYERS), ("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
        weights[f"layers.{layer}.{part}"] = getattr(start.lstm, f"{part}_l{layer}")
    return weights | {"output.bias": start.decoder.bias}


def make_step(variant: str, units: int, *, rate: float = RATE, same: bool = True) -> Step:
    """A variant, with the same weights as the others or with its own."""
    torch.manual_seed(SEED)
    if variant in VARIANTS[:2]:
        start = Reference(units)
        if variant == VARIANTS[1]:
            bias = start.lstm.bias_ih_l0.data
            bias[0] = torch.nextafter(bias[0], torch.tensor(1.0))
        return reference_step(start, rate)
    return textkit_step(units, variant.split()[-1], rate=rate, start=Reference(units) if same else None)


def batches() -> Iterator[tuple[Tensor, Tensor]]:
    """Ids and targets (T, B) without end: B places of the text read side by side, over and over."""
    files = (data_folder() / "lm" / f"wikitext2-{part}.txt" for part in ("valid", "test"))
    lines = (line for file in files for line in file.read_text(encoding="utf-8").split("\n"))
    numbers: dict[str, int] = {}
    ids = [numbers.setdefault(word, len(numbers)) for line in lines for word in (*line.split(), "<eos>")]
    columns = torch.tensor(ids[: len(ids) // ROWS * ROWS]).view(ROWS, -1).T.contiguous()
    while True:
        for begin in range(0, len(columns) - STEPS, STEPS):
            yield columns[begin : begin + STEPS], columns[begin + 1 : begin + STEPS + 1]


@dataclass
class Course:
    """A variant under way: its losses, and the wall and CPU seconds of its blocks."""

    step: Step
    generator: Tensor = field(default_factory=lambda: torch.manual_seed(SEED).get_state())
    losses: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def block(self, part: list[tuple[Tensor, Tensor]]) -> None:
        """Train on some batches with dropout masks of its own, which are those of the other variants."""
        torch.set_rng_state(self.generator)
        wall, cpu = time.perf_counter(), time.process_time()
        self.losses += [self.step(*batch) for batch in part]
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        self.generator = torch.get_rng_state()

    def means(self) -> list[float]:
        """The mean losses of MEAN steps each."""
        return [statistics.mean(self.losses[at : at + MEAN]) for at in range(0, len(self.losses), MEAN)]


def compare(units: int, steps: int, rate: float) -> list[list[str]]:
    """All variants in turns: rows of the table."""
    courses = {variant: Course(make_step(variant, units, rate=rate)) for variant in VARIANTS}
    source = batches()
    for done in range(0, steps, BLOCK):
        part = list(itertools.islice(source, min(BLOCK, steps - done)))
        for course in courses.values():
            course.block(part)
        if done % (10 * BLOCK) == 0:
            print(
                units,
                done,
                *(f"{sum(c.losses[-BLOCK:]) / len(part):.4f}" for c in courses.values()),
                flush=True,
            )
    rows, first = [], courses[VARIANTS[0]]
    for variant, course in courses.items():
        away = max(abs(a - b) for a, b in zip(course.means(), first.means(), strict=True))
        command = [sys.executable, Path(__file__), "--variant", variant, "--units", str(units)]
        rows.append(
            [
                str(units),
                variant,
                f"{BLOCK * STEPS * ROWS / statistics.median(course.wall):,.0f}",
                f"{statistics.median(first.wall) / statistics.median(course.wall):.2f}",
                f"{statistics.median(first.cpu) / statistics.median(course.cpu):.2f}",
                f"{course.means()[-1]:.4f}",
                f"{away:.1e}",
                f"{cost_of(command).peak / 1e6:,.0f} MB",
            ]
        )
    return rows


def main() -> None:
    """Compare and publish, or run one variant alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, nargs="+", default=[1000, 50], help="of each of --units")
    parser.add_argument("--units", type=int, nargs="+", default=[200, 650])
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--variant", choices=VARIANTS)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(2)
    if given.variant:
        step = make_step(given.variant, given.units[0], same=False)
        for batch in itertools.islice(batches(), MEMORY_STEPS):
            step(*batch)
        return
    lengths = dict(zip(given.units, given.steps, strict=True))
    rows = [row for units, steps in lengths.items() for row in compare(units, steps, given.rate)]
    publish(
        f"Training an LSTM as PyTorch's word language model example does, rate {given.rate:g}",
        f"{machine('textkit-nlp', 'torch')}; {' and '.join(map(str, given.steps))} steps\n\n"
        f"{table(HEADER, rows)}\n\n{NOTES}",
        script=f"word_language_model.py --units {' '.join(map(str, given.units))} "
        f"--steps {' '.join(map(str, given.steps))} --rate {given.rate:g}",
    )


if __name__ == "__main__":
    main()
