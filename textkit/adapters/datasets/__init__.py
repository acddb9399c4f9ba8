"""textkit and the datasets library: rows mapped with stable fingerprints, read as we read, exported."""

from textkit.adapters.datasets.exporting import (
    corpus_dataset,
    labelled_dataset,
    pairs_dataset,
    predictions_dataset,
    tagged_dataset,
)
from textkit.adapters.datasets.mapping import classify, clean, encode, keep, tokenize
from textkit.adapters.datasets.reading import encoded_corpus, labelled_texts, lines, pairs, tagged_sentences

__all__ = [
    "classify",
    "clean",
    "corpus_dataset",
    "encode",
    "encoded_corpus",
    "keep",
    "labelled_dataset",
    "labelled_texts",
    "lines",
    "pairs",
    "pairs_dataset",
    "predictions_dataset",
    "tagged_dataset",
    "tagged_sentences",
    "tokenize",
]
