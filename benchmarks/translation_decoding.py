"""Translating: sentences a second beside JoeyNMT and CTranslate2 with the same weights, and the translations.

    TEXTKIT_DATA=... [JOEYNMT=python] python benchmarks/translation_decoding.py [--run RUN | --budget 15m]
        [--part test2016] [--sentences N] [--turns 3] [--threads 2] [--alpha 1] [--patience 1] [--write]

JOEYNMT names the Python of an environment with JoeyNMT 2.3.0 (see joey_nmt.py); without it, or without the
package ctranslate2, that peer is left out. RUN is a pre-norm Transformer with one sentencepiece vocabulary;
without it one of four layers, 256 wide, is trained for the budget. All systems are loaded once, find their
best batch size on sentences of their own, and then take turns.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joey_nmt import joey_job
from results import data_folder, machine, publish, table
from translation_servers import Message, Server
from translation_training import COMMON, JOEY, JOEY_SCRIPT, SIZES, TITLES, VOCAB_SIZE, pairs_of

if TYPE_CHECKING:
    from textkit.tasks.translation import SavedTranslator

DECODERS = Path(__file__).with_name("translation_decoders.py")
BEAMS = {1: "greedy", 5: "beam of 5"}
LONGEST = 60  # tokens of a translation, the end included
SLACK = 1e-4  # of scores that are equal
EXACT, ROUNDED, INT8 = "textkit, float32", "textkit, bfloat16", "CTranslate2, int8"
PEER = "CTranslate2, float32"
# What a batch size counts, and those that are tried.
SENTENCES = ("sentences", (16, 32, 64, 128))
PLACES = ("places", (2048, 4096, 8192, 16384))  # beams times the longest source
BATCHES = {JOEY: SENTENCES, PEER: SENTENCES, INT8: SENTENCES, EXACT: PLACES, ROUNDED: PLACES}
HEADER = ["search", "", "sentences/s", "times JoeyNMT's", "of CTranslate2's", "batch", "BLEU",
          "as JoeyNMT's", "others: as good", "better", "worse"]  # fmt: skip
NOTES = """{title}, trained on Multi30k de-en; {count:,} sentences of {part}, text in and text out, {threads}
threads, loading apart, medians of {turns} turns. All read the same weights and the same pieces. A
translation has 1 to {longest} tokens and is ranked by its log probability over ((5 + length) /
6)^{alpha:g}, the end included; CTranslate2 divides by length^{alpha:g} instead. textkit's search
ends when {patience:g} times the beam's width are finished. `of CTranslate2's` is the share of its
speed in float32. `batch` is the quickest of those tried on {tuning} other sentences: so many
sentences, or so many places (beam times the longest source). `as JoeyNMT's` counts translations
that have the same tokens; of the others, both are scored by the float32 network as they are
ranked: as good, better or worse than JoeyNMT's. BLEU is sacrebleu's ({signature})."""


@dataclass
class Outcome:
    """What a system did in a search: seconds of its turns, and what it wrote."""

    batch: int
    seconds: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tokens: list[list[str]] = field(default_factory=list)


class Bench:
    """A trained run and all systems with its weights, in the folder `folder`."""

    def __init__(self, run: Path, options: argparse.Namespace, *, data: Path, folder: Path) -> None:
        from textkit.tasks.translation import load_translator

        self.run, self.options, self.folder = run, options, folder
        self.translator: SavedTranslator = load_translator(run)
        pairs = pairs_of(data, options.part)[: options.sentences]
        self.sources, self.references = [pair.source for pair in pairs], [pair.target for pair in pairs]
        tuning = [pair.source for pair in pairs_of(data, "valid")[-options.tuning :]]
        self.job = {"run": str(run), "threads": options.threads}
        for part, texts in (("tuning", tuning), ("all", self.sources)):
            (folder / f"{part}.de").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
            self.job[part] = str(folder / part)
        self.servers: dict[str, Server] = {}

    def start(self, python: str | None) -> None:
        """Load all systems."""
        if python:
            self._start(JOEY, [python, JOEY_SCRIPT, "translate"], self._joey_job())
        for name, precision in ((EXACT, "fp32"), (ROUNDED, "bf16")):
            self._start(name, [sys.executable, DECODERS, "textkit"], self.job | {"precision": precision})
        if importlib.util.find_spec("ctranslate2") is None:
            print("ctranslate2 is not installed: it is not measured", file=sys.stderr)
            return
        from textkit.tasks.translation.ctranslate2_export import export_ctranslate2

        for name, kind in ((PEER, "float32"), (INT8, "int8")):
            folder, quantization = self.folder / kind, "int8" if kind == "int8" else "none"
            export_ctranslate2(self.run, folder, sentences=self.sources[:8], quantization=quantization)
            job = self.job | {"folder": str(folder), "type": kind}
            self._start(name, [sys.executable, DECODERS, "ctranslate2"], job)

    def _joey_job(self) -> Message:
        import torch
        from joey_weights import joey_weights

        sides, config = self.translator.sides, self.translator.config
        network: Any = self.translator.network
        pieces, weights = self.folder / "pieces.model", self.folder / "joey.pt"
        tokenizer: Any = sides.source.stages[-1]
        pieces.write_bytes(tokenizer.model)
        torch.save(joey_weights(network.state_dict()), weights)
        job = joey_job(
            self.folder / "joey",
            model="transformer",
            data=self.folder,
            spm=pieces,
            tokens=list(sides.target_vocab.tokens[2:]),
            sizes=COMMON | config.model_dump() | {"feed_forward": network.settings.feed_forward},
        )
        return self.job | job | {"weights": str(weights)}

    def _start(self, name: str, command: Sequence[str | Path], job: Message) -> None:
        path = self.folder / f"{len(self.servers)}.json"
        path.write_text(json.dumps(job), encoding="utf-8")
        self.servers[name] = Server([*command, path], log=path.with_suffix(".log"))

    def ask(self, name: str, beam: int, batch: int, part: str) -> Message:
        """One pass over a part."""
        forbidden = bool(self.translator.sides.target_vocab.counts[0])  # as textkit forbids <unk>
        return self.servers[name].ask(
            beam=beam,
            batch=batch,
            part=part,
            alpha=self.options.alpha if beam > 1 else 0.0,
            length=LONGEST,
            patience=self.options.patience,
            unknown=not forbidden,
        )

    def search(self, beam: int) -> dict[str, Outcome]:
        """All turns of a search, by system."""
        found = {}
        for name in self.servers:
            tried = {batch: self.ask(name, beam, batch, "tuning")["seconds"] for batch in BATCHES[name][1]}
            found[name] = Outcome(min(tried, key=tried.__getitem__))
        for _ in range(self.options.turns):
            for name, outcome in found.items():
                answer = self.ask(name, beam, outcome.batch, "all")
                outcome.seconds.append(answer["seconds"])
                outcome.texts, outcome.tokens = answer["texts"], answer["tokens"]
                rate = len(self.sources) / answer["seconds"]
                print(f"{BEAMS[beam]}, {name}: {rate:.1f} sentences/s", file=sys.stderr)
        return found

    def scores(self, tokens: Sequence[Sequence[str]], *, alpha: float, which: Sequence[int]) -> list[float]:
        """What the network gives the translations of the sources `which`, as they are ranked."""
        import torch

        from textkit.tasks.translation.sides import END_ID
        from textkit.tasks.translation.source_batch import SourceBatch

        sides, network = self.translator.sides, self.translator.network
        sources = sides.encode_source(self.sources)
        found = []
        with torch.inference_mode():
            for place in which:
                ids = torch.tensor([sides.target_vocab.encode(tokens[place])])
                inputs = torch.cat([torch.tensor([[END_ID]]), ids[:, :-1]], dim=1)
                features = network(SourceBatch.of(sources, [place]), inputs)
                total = float(network.output.target_log_probs(features[0], ids[0]).double().sum())
                found.append(total / ((5 + ids.shape[1]) / 6) ** alpha)
        return found

    def compare(self, outcome: Outcome, peer: Outcome, *, alpha: float) -> list[str]:
        """How many translations are the peer's, and of the others how many as good, better and worse."""
        pairs = list(zip(outcome.tokens, peer.tokens, strict=True))
        which = [place for place, (one, other) in enumerate(pairs) if list(one) != list(other)]
        gaps = [
            one - other
            for one, other in zip(
                *(self.scores(each.tokens, alpha=alpha, which=which) for each in (outcome, peer)), strict=True
            )
        ]
        better, worse = sum(gap > SLACK for gap in gaps), sum(gap < -SLACK for gap in gaps)
        same = f"{100 * (1 - len(which) / len(pairs)):.1f} %"
        return [same, str(len(which) - better - worse), str(better), str(worse)]

    def rows(self, beam: int) -> tuple[list[list[str]], str]:
        """Lines of the table, and BLEU's signature."""
        from textkit.tasks.translation.scoring import Scorer

        found = self.search(beam)
        rates = {name: len(self.sources) / statistics.median(each.seconds) for name, each in found.items()}
        alpha, made, signature = self.options.alpha if beam > 1 else 0.0, [], ""
        for name, outcome in found.items():
            measured = Scorer(("bleu",), resamples=0).measure(outcome.texts, [self.references])[0]
            signature = measured.signature
            against = ["", "", "", ""]
            if JOEY in found and name != JOEY:
                against = self.compare(outcome, found[JOEY], alpha=alpha)
            made.append(
                [
                    BEAMS[beam],
                    name,
                    f"{rates[name]:.1f}",
                    f"{rates[name] / rates[JOEY]:.1f}" if JOEY in rates else "",
                    f"{rates[name] / rates[PEER]:.2f}" if PEER in rates else "",
                    f"{outcome.batch:,} {BATCHES[name][0]}",
                    f"{measured.score:.1f}",
                    *against,
                ]
            )
        return made, signature


def train_run(data: Path, out: Path, budget: str) -> None:
    """The Transformer of the training benchmark, for some time."""
    from textkit.tasks.translation import TranslatorConfig, train

    config = TranslatorConfig(
        preset="transformer-small", subword_type="bpe", vocab_size=VOCAB_SIZE, budget=budget,
        **SIZES["transformer"],
    )  # fmt: skip
    train(pairs_of(data, "train"), config, out=out, valid=pairs_of(data, "valid"), say=print)


def main() -> None:
    """Measure, print and with --write record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path)
    parser.add_argument("--budget", default="15m")
    parser.add_argument("--part", default="test2016")
    parser.add_argument("--sentences", type=int)
    parser.add_argument("--tuning", type=int, default=128, help="sentences to find batch sizes by")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--alpha", type=float, default=1.0, help="of the length penalty")
    parser.add_argument("--patience", type=float, default=1.0, help="of textkit's beam")
    parser.add_argument("--write", action="store_true", help="into RESULTS.md")
    options = parser.parse_args()
    data = data_folder() / "nmt" / "multi30k_de_en"
    os.environ |= {"OMP_NUM_THREADS": str(options.threads), "OMP_WAIT_POLICY": "PASSIVE"}
    python = os.environ.get("JOEYNMT")
    if not python:
        print("JOEYNMT is not set: JoeyNMT is not measured", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.run is None:
            train_run(data, folder / "run", options.budget)
        bench = Bench(options.run or folder / "run", options, data=data, folder=folder)
        bench.start(python)
        rows, signature = [], ""
        for beam in BEAMS:
            more, signature = bench.rows(beam)
            rows += more
        for server in bench.servers.values():
            server.close()
    settings: Any = bench.translator.network
    notes = NOTES.format(
        title=TITLES["transformer"] if options.run is None else describe(settings.settings),
        count=len(bench.sources),
        part=options.part,
        threads=options.threads,
        turns=options.turns,
        longest=LONGEST,
        alpha=options.alpha,
        patience=options.patience,
        tuning=options.tuning,
        signature=signature,
    )
    packages = ["textkit-nlp", "torch", *(["ctranslate2"] if PEER in bench.servers else [])]
    body = f"{machine(*packages)}\n\n{table(HEADER, rows)}\n\n{notes}"
    publish("Translating", body, script="translation_decoding.py")


def describe(settings: Any) -> str:
    """A Transformer in words."""
    return (
        f"Transformer {settings.layers}+{settings.layers}, {settings.width} wide, "
        f"{settings.feed_forward} inside, {settings.heads} heads"
    )


if __name__ == "__main__":
    main()
