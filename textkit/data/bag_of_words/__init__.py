"""Bags of words: which n-grams of words and characters each text has, and how often.

`NgramIndex` is the core; `vectorizer.BagOfWords` is it as a scikit-learn transformer (importing that module
imports scikit-learn, which takes seconds).
"""

from textkit.data.bag_of_words.counts import Counts
from textkit.data.bag_of_words.ngram_index import NgramIndex
from textkit.data.bag_of_words.occurrences import Occurrences

__all__ = ["Counts", "NgramIndex", "Occurrences"]
