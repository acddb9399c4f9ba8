"""Texts, ids and answers as data sets, with features that say what they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np

from textkit.data.encoded import EncodedCorpus
from textkit.errors import InputError, UsageError

if TYPE_CHECKING:
    from textkit.data.spans import TaggedSentence
    from textkit.tasks.classification import LabelledTexts, Prediction

_MOST = 2**31 - 1  # ids of a plain list column


def corpus_dataset(corpus: EncodedCorpus, column: str = "ids") -> Any:
    """An encoded corpus as a data set of one column of ids, which are not copied.

    >>> corpus_dataset(EncodedCorpus.from_sequences([[5, 6], []]))["ids"][:]
    [[5, 6], []]
    """
    import pyarrow as pa
    from datasets.table import InMemoryTable

    large = len(corpus.ids) > _MOST
    kind = pa.LargeListArray if large else pa.ListArray
    offsets = corpus.offsets if large else np.asarray(corpus.offsets, np.int32)
    rows = kind.from_arrays(pa.array(offsets), pa.array(corpus.ids))
    of = datasets.LargeList if large else datasets.List
    features = datasets.Features({column: of(datasets.Value("int32"))})
    table = pa.table({column: rows}).cast(features.arrow_schema)
    return datasets.Dataset(InMemoryTable(table), info=datasets.DatasetInfo(features=features))


def labelled_dataset(texts: LabelledTexts) -> Any:
    """Labelled texts: `text`, and `label`, a ClassLabel with the labels' names.

    >>> from textkit.tasks.classification import LabelledTexts
    >>> rows = labelled_dataset(LabelledTexts.of([("so good", "pos"), ("bad", "neg")]))
    >>> rows[0], rows.features["label"].names
    ({'text': 'so good', 'label': 1}, ['neg', 'pos'])
    """
    features = {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=list(texts.labels))}
    return _made({"text": list(texts.texts), "label": texts.classes.tolist()}, features)


def pairs_dataset(pairs: Iterable[tuple[str, str]], source: str, target: str) -> Any:
    """Sentences and their translations: a column `translation` of the two languages.

    >>> pairs_dataset([("eins", "one")], "de", "en")[0]
    {'translation': {'de': 'eins', 'en': 'one'}}
    """
    if source == target:
        raise UsageError(f"the languages of a pair must have two names, not {source!r} twice")
    rows = [{source: one, target: other} for one, other in pairs]
    return _made({"translation": rows}, {"translation": datasets.Translation(languages=[source, target])})


def tagged_dataset(sentences: Iterable[TaggedSentence]) -> Any:
    """Tagged sentences: `tokens`, and `tags` as ClassLabels, in alphabetical order.

    >>> from textkit.data.spans import TaggedSentence
    >>> rows = tagged_dataset([TaggedSentence(("to", "Paris"), ("O", "B-city"))])
    >>> rows[0]["tags"], rows.features["tags"].feature.names
    ([1, 0], ['B-city', 'O'])
    """
    known = list(sentences)
    names = sorted({tag for sentence in known for tag in sentence.tags})
    ids = {name: number for number, name in enumerate(names)}
    features = {
        "tokens": datasets.List(datasets.Value("string")),
        "tags": datasets.List(datasets.ClassLabel(names=names)),
    }
    columns = {
        "tokens": [list(sentence.tokens) for sentence in known],
        "tags": [[ids[tag] for tag in sentence.tags] for sentence in known],
    }
    return _made(columns, features)


def predictions_dataset(
    texts: Sequence[str], predictions: Sequence[Prediction], labels: Sequence[str]
) -> Any:
    """A classifier's answers: `text`, `prediction`, `probability`, and `probabilities` of all `labels`.

    An answer withheld is -1, the library's own sign for no label. Raises InputError for answers that are
    not as many as texts.

    >>> from textkit.tasks.classification import Prediction
    >>> rows = predictions_dataset(["so good"], [Prediction("pos", 0.75, (0.25, 0.75))], ["neg", "pos"])
    >>> rows[0]
    {'text': 'so good', 'prediction': 1, 'probability': 0.75, 'probabilities': [0.25, 0.75]}
    """
    if len(texts) != len(predictions):
        raise InputError(f"{len(texts)} texts and {len(predictions)} answers: as many are needed")
    ids = {label: number for number, label in enumerate(labels)}
    features = {
        "text": datasets.Value("string"),
        "prediction": datasets.ClassLabel(names=list(labels)),
        "probability": datasets.Value("float64"),
        "probabilities": datasets.List(datasets.Value("float64"), length=len(labels)),
    }
    columns = {
        "text": list(texts),
        "prediction": [ids.get(each.label, -1) for each in predictions],
        "probability": [each.probability for each in predictions],
        "probabilities": [list(each.probabilities) for each in predictions],
    }
    return _made(columns, features)


def _made(columns: dict[str, Any], features: dict[str, Any]) -> Any:
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))
