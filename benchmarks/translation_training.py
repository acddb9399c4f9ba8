"""Training a translator: target tokens a second, padding and memory, beside JoeyNMT.

    TEXTKIT_DATA=... [JOEYNMT=python] python benchmarks/translation_training.py [--networks transformer gru]
        [--turns 3] [--steps 24] [--threads 2] [--write]

JOEYNMT names the Python of an environment with JoeyNMT 2.3.0 (see joey_nmt.py); without it textkit trains
alone. Pairs are Multi30k's, in TEXTKIT_DATA/nmt/multi30k_de_en. All variants take turns, each in a process of
its own, with its own training loop. Takes about fifteen minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joey_nmt import joey_job
from processes import cost_of
from results import data_folder, machine, publish, table

if TYPE_CHECKING:
    from textkit.text.pairs import Pair

THIS = Path(__file__).resolve()
JOEY_SCRIPT = THIS.with_name("joey_nmt.py")
VOCAB_SIZE, BATCH_TOKENS, WARMUP = 8000, 4096, 3
FULLER = 2  # times as many real tokens as JoeyNMT's has a batch of textkit's: so many updates fewer
JOEY, PEER = "JoeyNMT 2.3", "JoeyNMT's"
SIZES: dict[str, dict[str, Any]] = {
    "transformer": {"width": 256, "layers": 4, "feed_forward": 1024, "heads": 4},
    "gru": {"width": 256, "layers": 1},
}
COMMON: dict[str, Any] = {
    "dropout": 0.1, "batch_tokens": BATCH_TOKENS, "label_smoothing": 0.1, "learning_rate": 0.0005,
}  # fmt: skip
TITLES = {
    "transformer": "Transformer 4+4, 256 wide, 1024 inside, 4 heads",
    "gru": "GRU 1+1, 256 wide, additive attention, input feeding",
}
EVERYWHERE = {"attention_dropout": 0.1}  # as JoeyNMT, which has one rate for all
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "transformer": {
        "textkit, float32": {"precision": "fp32", **EVERYWHERE},
        "textkit, bfloat16": {"precision": "bf16", **EVERYWHERE},
        "textkit, float32, attention weights kept": {"precision": "fp32"},
        "textkit, bfloat16, attention weights kept": {"precision": "bf16"},
    },
    "gru": {
        "textkit, float32": {"model": "gru", "precision": "fp32"},
        "textkit, bfloat16": {"model": "gru", "precision": "bf16"},
    },
}
HEADER = ["network", "", "target tokens/s", f"times {PEER}", "padding", "peak", "parameters"]
NOTES = """Multi30k de-en, {pairs:,} pairs, one sentencepiece BPE model of {vocab:,} ids for both sides,
embeddings and output tied; dropout 0.1, label smoothing 0.1, batches of {batch:,} tokens as each
system counts them (both count the longer side, padding included). {threads} threads. A target
token is one that is predicted, the end of the sentence included and padding not; the time is that
of the training loop, making batches included, from update {warmup} on: {steps} updates of
JoeyNMT's and {ours} of textkit's, whose batches hold about twice as many tokens. Nothing is
validated meanwhile. `padding` is the share of positions, on both sides, that hold no token. `peak`
is the most memory of a process. Medians of {turns} turns."""


def read(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def pairs_of(data: Path, part: str) -> list[Pair]:
    """German and English sentences."""
    from textkit.text.pairs import Pair

    return list(map(Pair, read(data / f"{part}.de"), read(data / f"{part}.en")))


def train_pieces(data: Path, path: Path) -> list[str]:
    """Train the tokenizer that all share, write its model, and give its pieces."""
    from textkit.text.tokenizers.sentencepiece import train_sentencepiece

    both = (text for pair in pairs_of(data, "train") for text in (pair.source, pair.target))
    tokenizer = train_sentencepiece(both, vocab_size=VOCAB_SIZE - 1, model_type="bpe", byte_fallback=True)
    path.write_bytes(tokenizer.model)
    return list(tokenizer.pieces)


def train_textkit(job: dict[str, Any]) -> None:
    """In a process of its own: train, and write what was measured."""
    import torch

    from textkit.tasks.translation import load_translator, train
    from textkit.tasks.translation.config import TranslatorConfig

    torch.set_num_threads(job["threads"])
    data, run = Path(job["data"]), Path(job["run"])
    config = TranslatorConfig(
        tokenizer_options={"model": job["spm"]},
        vocab_size=VOCAB_SIZE,
        duplicates="keep",
        max_ratio=1e6,
        max_steps=job["steps"],
        valid_bleu=0,
        **job["settings"],
    )
    seen: list[tuple[float, int]] = []
    train(
        pairs_of(data, "train"),
        config,
        out=run,
        valid=pairs_of(data, "valid")[:8],
        watch=lambda progress, _steps: seen.append((time.perf_counter(), progress.tokens)),
    )
    (began, before), (ended, after) = seen[WARMUP - 1], seen[-1]
    network: Any = load_translator(run).network
    result = {
        "tokens": after - before,
        "seconds": ended - began,
        "padding": padding_of(run, config.batch_tokens),
        "parameters": sum(weight.numel() for weight in network.parameters()),
    }
    Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")


def padding_of(run: Path, tokens: int) -> float:
    """The share of padding in the batches of a run's first epoch."""
    from textkit.data.encoded import EncodedCorpus
    from textkit.data.pair_batches import PairBatches
    from textkit.tasks.translation.sides import END_ID

    source, target = (EncodedCorpus.load(run / "data" / f"train_{side}") for side in ("source", "target"))
    return PairBatches(source, target, end=END_ID, tokens=tokens).padding


def measure(python: str, script: Path, command: str, job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run a job in a process of its own: what it wrote, and its peak."""
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    peak = cost_of([python, script, command, path]).peak
    return json.loads(Path(job["result"]).read_text(encoding="utf-8")) | {"peak": peak}


class Bench:
    """The turns of one network, in the folder `folder`."""

    def __init__(self, name: str, options: argparse.Namespace, *, data: Path, folder: Path) -> None:
        self.name, self.options, self.data, self.folder = name, options, data, folder
        self.spm = folder / "pieces.model"
        self.found: dict[str, list[dict[str, Any]]] = {}
        self.runs = 0

    def joey(self, python: str, pieces: list[str]) -> None:
        """One turn of JoeyNMT."""
        sizes = SIZES[self.name] | COMMON
        folder = self.folder / f"joey-{self.name}"
        job = joey_job(folder, model=self.name, data=self.data, spm=self.spm, tokens=pieces, sizes=sizes)
        job |= {"warmup": WARMUP, "steps": self.options.steps + WARMUP}
        self._take(JOEY, measure(python, JOEY_SCRIPT, "train", job, self.folder))

    def textkit(self, variant: str) -> None:
        """One turn of a variant of textkit."""
        self.runs += 1
        job = {
            "data": str(self.data),
            "spm": str(self.spm),
            "run": str(self.folder / f"{self.name}-{self.runs}"),
            "result": str(self.folder / "result.json"),
            "threads": self.options.threads,
            "steps": self.options.steps // FULLER + WARMUP,
            "settings": SIZES[self.name] | COMMON | VARIANTS[self.name][variant],
        }
        self._take(variant, measure(sys.executable, THIS, "--train", job, self.folder))

    def _take(self, variant: str, found: dict[str, Any]) -> None:
        self.found.setdefault(variant, []).append(found)
        print(f"{self.name}, {variant}: {found['tokens'] / found['seconds']:,.0f}", file=sys.stderr)

    def rows(self) -> list[list[str]]:
        """Lines of the table."""
        rates = {
            name: statistics.median(each["tokens"] / each["seconds"] for each in found)
            for name, found in self.found.items()
        }
        return [
            [
                TITLES[self.name],
                name,
                f"{rates[name]:,.0f}",
                f"{rates[name] / rates[JOEY]:.2f}" if JOEY in rates else "not measured",
                f"{100 * found[0]['padding']:.1f} %",
                f"{statistics.median(each['peak'] for each in found) / 1e9:.2f} GB",
                f"{found[0]['parameters']:,}",
            ]
            for name, found in self.found.items()
        ]


def main() -> None:
    """Measure, print and with --write record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--steps", type=int, default=24, help="updates of JoeyNMT that are counted")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--write", action="store_true", help="into RESULTS.md")
    options = parser.parse_args()
    data = data_folder() / "nmt" / "multi30k_de_en"
    os.environ |= {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "PASSIVE"}
    python = os.environ.get("JOEYNMT")
    if not python:
        print("JOEYNMT is not set: JoeyNMT is not measured", file=sys.stderr)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pieces = train_pieces(data, folder / "pieces.model")
        for network in options.networks:
            bench = Bench(network, options, data=data, folder=folder)
            for _ in range(options.turns):
                if python:
                    bench.joey(python, pieces)
                for variant in VARIANTS[network]:
                    bench.textkit(variant)
            rows += bench.rows()
    notes = NOTES.format(
        pairs=len(pairs_of(data, "train")),
        vocab=VOCAB_SIZE,
        batch=BATCH_TOKENS,
        threads=options.threads,
        warmup=WARMUP,
        steps=options.steps,
        ours=options.steps // FULLER,
        turns=options.turns,
    )
    body = f"{machine('textkit-nlp', 'torch')}\n\n{table(HEADER, rows)}\n\n{notes}"
    publish("Training a translator", body, script="translation_training.py")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train_textkit(json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
    else:
        main()
