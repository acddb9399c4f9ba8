"""A 5-gram and an LSTM trained on one text and scored on another, unknown words treated alike.

    TEXTKIT_DATA=... python benchmarks/language_models.py [--write]

The training text is WikiText-2's validation part, the test text its test part (the training part is not
at hand), so the figures compare the two models with each other, not with published ones.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from results import data_folder, machine, publish, table

from textkit.tasks.language_model import LanguageModelConfig, train

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command does
SEEDS = (1, 2)
HELD_OUT = 378  # lines: the last tenth of the tokens, which decide when the LSTM stops
HEADER = ["model", "min count", "perplexity", "of known words", "unknown words", "bits per byte", "time"]
NOTES = """Trained on wikitext2-valid.txt, scored on wikitext2-test.txt (245,569 tokens, line ends and blank
lines included). Words seen fewer times than `min count` in training are `<unk>`, in training and test alike;
a literal `<unk>` in the text is the unknown word too. Compare perplexities only where the unknown words are
the same, bits anywhere. The LSTM's lines are all but the last 378, which decide when it stops; on the same
lines both models have the same vocabulary. 189 of the 4,358 test lines (section headings, mostly) stand in
the training text. One thread."""


def lines(name: str) -> list[str]:
    """The lines of a text, blank ones too."""
    return (data_folder() / "lm" / name).read_text(encoding="utf-8").split("\n")[:-1]


def main() -> None:
    """Train, score, print a table."""
    text, test = lines("wikitext2-valid.txt"), lines("wikitext2-test.txt")
    part, held_out = text[:-HELD_OUT], text[-HELD_OUT:]
    folder = Path(tempfile.mkdtemp())
    ngram = {"model": "ngram", "order": 5}
    runs = {
        "5-gram, modified Kneser-Ney, all lines, all words": (text, [{**ngram, "min_count": 1}]),
        "5-gram, modified Kneser-Ney, all lines": (text, [{**ngram, "min_count": 2}]),
        "5-gram, modified Kneser-Ney, the LSTM's lines": (part, [{**ngram, "min_count": 2}]),
        "LSTM 256, tied, dropout 0.5 (the default recipe), 8 epochs": (
            part,
            [{"model": "lstm", "dropout": 0.5, "epochs": 8, "seed": seed} for seed in SEEDS],
        ),
    }
    rows = []
    for name, (train_lines, settings) in runs.items():
        scores, seconds = [], []
        for each in settings:
            began = time.perf_counter()
            config = LanguageModelConfig(**each)
            out = folder / f"{len(rows)}-{each.get('seed', 0)}"
            scores.append(train(train_lines, config, out=out, valid=held_out, test=test)["test"])
            seconds.append(time.perf_counter() - began)
        spread = [score.perplexity for score in scores]
        perplexity = f"{statistics.mean(spread):.1f}"
        if len(spread) > 1:
            perplexity += f" ± {statistics.stdev(spread):.1f} ({len(spread)} seeds)"
        first = scores[0]
        rows.append(
            [
                name,
                str(config.min_count),
                perplexity,
                f"{statistics.mean(score.perplexity_known for score in scores):.1f}",
                f"{first.unknown_rate:.1%}",
                f"{statistics.mean(score.bits_per_byte for score in scores):.3f}",
                f"{statistics.median(seconds):.1f} s",
            ]
        )
    publish(
        "Language models on WikiText-2's small parts",
        f"{machine('textkit-nlp', 'torch', 'numpy')}\n\n{table(HEADER, rows)}\n\n{NOTES}",
        script="language_models.py",
    )


if __name__ == "__main__":
    main()
