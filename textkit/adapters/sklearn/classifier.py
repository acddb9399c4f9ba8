"""textkit's classifiers of texts as a scikit-learn classifier."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from textkit import atomic
from textkit.adapters.sklearn.texts import texts_of
from textkit.errors import CheckpointError, InputError
from textkit.tasks.classification import ClassifierConfig, LabelledTexts, load_classifier, train
from textkit.tasks.configuration import make_settings

if TYPE_CHECKING:
    from textkit.tasks.classification import SavedClassifier

Floats = npt.NDArray[np.float64]


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of any preset (linear, fast, textcnn, ...), out of texts and labels.

    It is trained by what `textkit train-classifier` calls: equal texts, settings and `seed` give equal
    predictions. Every setting of ClassifierConfig is a parameter; None is what the preset says. A network
    holds out `dev_fraction` of the texts to stop by, as the command does without --dev.

    Fitted, `classes_` (K,) are the labels, of any type, sorted; `run_` is the run folder, its files by name:
    what is pickled for workers, and what `save` writes for `textkit classify` and `textkit.load`.

    >>> texts = ["good room", "so good", "bad room", "too bad"] * 3
    >>> model = TextClassifier("fast", tokenizer="whitespace").fit(texts, [1, 1, 0, 0] * 3)
    >>> model.predict(["good", "bad"]), model.classes_
    (array([1, 0]), array([0, 1]))
    >>> model.predict_proba(["good"]).round(1).shape
    (1, 2)
    """

    def __init__(self, preset: str = "linear", **settings: Any) -> None:
        self.preset = preset
        for name in _SETTINGS:
            setattr(self, name, settings.pop(name, None))
        if settings:
            raise TypeError(f"TextClassifier has no setting {', '.join(map(repr, settings))}")

    def fit(self, X: Iterable[str], y: Iterable[Any]) -> TextClassifier:  # noqa: N803 - scikit-learn's name
        """Train on texts and their labels.

        Raises UsageError for settings that make no sense, InputError for texts that teach nothing.
        """
        config = self.config()
        texts = texts_of(X)
        labels = np.asarray(y if hasattr(y, "__array__") else list(y))
        if labels.shape != (len(texts),):
            raise InputError(f"{len(texts)} texts need as many labels, not labels of shape {labels.shape}")
        classes = _sorted(labels)
        names = list(map(str, classes.tolist()))
        if len(set(names)) < len(names):
            raise InputError("two labels are written alike; labels must differ as text")
        written = dict(zip(classes.tolist(), names, strict=True))
        pairs = zip(texts, (written[label] for label in labels.tolist()), strict=True)
        with atomic.temporary_folder("classifier") as folder:
            train(LabelledTexts.of(pairs), config, out=folder / "run")
            run = _files(folder / "run")
            self._loaded = load_classifier(folder / "run")
        self.classes_, self.run_ = classes, run
        return self

    @classmethod
    def from_run(cls, path: Path | str) -> TextClassifier:
        """A fitted classifier out of a run folder; its classes are the labels as text.

        Raises CheckpointError when it is missing, damaged or no classifier.
        """
        saved = load_classifier(path)
        given = saved.config.model_dump(include=saved.config.model_fields_set)
        fitted = cls(**given)
        fitted._loaded, fitted.run_ = saved, _files(Path(path))
        fitted.classes_ = np.array(sorted(saved.labels))
        return fitted

    def save(self, path: Path | str) -> None:
        """Write the run folder; labels become text. Raises CheckpointError when `path` is taken."""
        check_is_fitted(self)
        if Path(path).exists():
            raise CheckpointError(f"{path}: already exists; choose another name")
        with atomic.writing_folder(path) as folder:
            _write(self.run_, folder)

    def predict(self, X: Iterable[str]) -> npt.NDArray[Any]:  # noqa: N803
        """The label of each text, (B,). Raises NotFittedError, and InputError for what is no text."""
        check_is_fitted(self)
        saved = self._saved()
        found = saved.decision.classes(saved.probabilities(texts_of(X)))
        return np.asarray(self.classes_[self._columns()[found]])

    def predict_proba(self, X: Iterable[str]) -> Floats:  # noqa: N803
        """Calibrated probabilities (B, K), columns as in `classes_`."""
        check_is_fitted(self)
        found = self._saved().probabilities(texts_of(X))
        sorted_columns = np.empty_like(found)
        sorted_columns[:, self._columns()] = found
        return sorted_columns

    def predict_log_proba(self, X: Iterable[str]) -> Floats:  # noqa: N803
        """Their natural logarithms."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def config(self) -> ClassifierConfig:
        """The settings, checked: those that are None are the preset's. Raises UsageError."""
        given = {name: value for name, value in self.get_params().items() if value is not None}
        return make_settings(ClassifierConfig, given, source=type(self).__name__)

    def _saved(self) -> SavedClassifier:
        """The classifier; out of a pickle it is loaded when it is first used."""
        if "_loaded" not in self.__dict__:
            with atomic.temporary_folder("classifier") as folder:
                _write(self.run_, folder)
                self._loaded = load_classifier(folder)
        loaded: SavedClassifier = self._loaded
        return loaded

    def _columns(self) -> npt.NDArray[np.int64]:
        """For each class of the run its place in `classes_`: the run sorts labels as text, they by value."""
        places = {str(label): place for place, label in enumerate(self.classes_.tolist())}
        return np.array([places[label] for label in self._saved().labels], np.int64)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {**super().__getstate__()}
        state.pop("_loaded", None)
        return state

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "run_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


_SETTINGS = tuple(name for name in ClassifierConfig.model_fields if name != "preset")


def _signature() -> inspect.Signature:
    """What scikit-learn reads the parameters from: every setting by name, so that searches find them."""
    kind = inspect.Parameter
    return inspect.Signature(
        [
            kind("self", kind.POSITIONAL_OR_KEYWORD),
            kind("preset", kind.POSITIONAL_OR_KEYWORD, default="linear"),
            *(kind(name, kind.KEYWORD_ONLY, default=None) for name in _SETTINGS),
        ]
    )


TextClassifier.__init__.__signature__ = _signature()  # type: ignore[attr-defined]


def _sorted(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The different labels in order; raises InputError for one that is missing or cannot be one."""
    for number, label in enumerate(labels.tolist(), 1):
        if _is_missing(label):
            raise InputError(f"text {number} has no label but {label}; leave out texts without one")
        if isinstance(label, str) and _unwritable(label):
            raise InputError(f"the label of text {number} is {label!r}, which no file can hold; name it anew")
    try:
        return np.unique(labels)
    except TypeError as error:
        raise InputError(f"the labels cannot be sorted: {error}; give labels of one kind") from error


def _is_missing(label: Any) -> bool:
    """Whether it is None, or pandas' or IEEE's way to say that there is nothing."""
    try:
        return label is None or not bool(label == label)  # nan differs from itself
    except TypeError:  # pandas.NA is neither equal nor different
        return True


def _unwritable(label: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in label)


def _files(run: Path) -> dict[str, bytes]:
    """Every file of a run by its name."""
    paths = sorted(path for path in run.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in paths}


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):  # a pickle may come from anyone
            raise CheckpointError(f"{name!r} is no name of a run's file")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
