"""Every command, with small inputs, and what of its output is a time.

A case runs in a folder with the inputs and the models of `resource_inputs`, and writes into `out`. `{jobs}`
is another number each time: where the help promises the same for any, the output must not tell.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A command line; `needs` is a library that may be missing, `slow` for the long version."""

    command: str
    needs: str = ""
    slow: bool = False


def _cases(*commands: str, needs: str = "", slow: bool = False) -> list[Case]:
    return [Case(command, needs, slow) for command in commands]


CASES = [
    *_cases(
        "tokenize text.txt -q --tokenizer jieba -o out/tokens.parquet -j {jobs}",
        "tokenize text.txt -q --tokenizer regex --clean basic -o out/tokens.jsonl.gz",
        "tokenize text.txt -q --tokenizer whitespace -o out/tokens.txt.zst -j {jobs}",
        "vocab text.txt -q --tokenizer characters -o out/vocab.txt -j {jobs}",
        "vocab text.txt -q --tokenizer whitespace --memory 1M -o out/vocab-bounded.txt",
        "train-tokenizer text.txt -q --vocab-size 25 -o out/pieces.model",
        "train-lm text.txt -q --order 2 --arpa out/counted.arpa.gz -o out/counted",
        "score lstm text.txt --per-token --json",
        "score ngram text.txt -q --json",
        "compare ngram lstm --test text.txt --valid other.txt -q",
        "filter --lm ngram --keep 0.5 text.txt -q -o out/kept.txt",
        "generate lstm --length 6 --samples 2 --seed 3",
        "generate ngram --length 6 --seed 3",
        "lm-info ngram",
        "lm-prune ngram -q --threshold 1e-3 -o out/pruned",
        "lm-mix ngram ngram --tune text.txt -q -o out/mixed",
        "lm-convert ngram out/folder -q --quantise",
        "classify linear labelled.tsv -q -o out/answers.jsonl",
        "classify textcnn labelled.tsv -q -o out/answers.csv",
        "evaluate linear labelled.tsv -q --json --plot out/evaluation.png",
        "explain linear --text 'the cat up' --html out/why.html",
        "attack linear few.tsv -q",
        "audit labelled.tsv few.tsv",
        "tag tagger text.txt -q",
        "translate nmt text.txt -q --beam 2",
        "bleu --ref text.txt other.txt --json",
        "report linear -o out/linear.html",
        "verify ngram lstm linear textcnn tagger nmt --json",
        "graph lstm -o out/graph.svg",
        "chapter run feature-scaling",
        "chapter list",
        "corpora list",
        "corpora show prose-zh",
        "lr-range text.txt -q --model lstm --embedding 8 --hidden 8 --plot out/rates.png",
    ),
    *_cases("nmt-convert nmt out/ct2 -q --quantization int8", needs="ctranslate2", slow=True),
    *_cases("graph textcnn -o out/graph.onnx", "lm-convert lstm out/lstm.onnx", needs="onnx", slow=True),
    *_cases(
        "train-lm text.txt -q --model transformer --embedding 8 --heads 2 --epochs 1 -o out/transformer",
        "train-lm text.txt -q --order 3 --memory 1M --tmp . -j {jobs} -o out/bounded",
        "train-lm text.txt -q --model gru --unit subword --pieces 25 --epochs 1 -o out/pieces",
        "train-classifier labelled.tsv -q --preset fast --tokenizer jieba --folds 2 --json",
        "train-classifier labelled.tsv -q --preset bigru --embedding 4 --hidden 4 --epochs 1 -o out/bigru",
        "train-nmt --pairs pairs.tsv -q --preset rnn --width 8 --layers 1 --epochs 1 -o out/rnn",
        "tokenize text.txt -q --tokenizer spacy -o out/tokens.csv.xz -j {jobs}",
        "tokenize text.txt -q --tokenizer nltk -o out/tokens.tsv.bz2",
        "score lstm text.txt -q --dynamic 0.01",
        "translate nmt text.txt -q --n-best 2 --beam 2 --format jsonl --alignments",
        "report timed -o out/timed.html",
        "sweep sweep.toml -o out/sweep -q",
        "chapter run xor --plot out/pictures",
        slow=True,
    ),
]

# The training commands run once a server, before it answers: `resource_inputs.TRAININGS`.
TRAINED = {"train-lm", "train-classifier", "train-tagger", "train-nmt"}
# What a command that is not compared tells.
TOLD = {"doctor": "the machine as it is now: room on the disk, memory, load"}
# Of a learning log and of a sweep, by name: how long it took.
TIMES = {"seconds"}  # and what ends in _per_second
# Files that hold nothing else, or nothing.
TIMED = {"times.json", ".lock"}
