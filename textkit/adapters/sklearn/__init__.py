"""textkit in scikit-learn: an analyzer, a vectoriser and a classifier that go wherever its estimators go.

`BagOfWordsVectorizer` is `textkit.data.bag_of_words.vectorizer.BagOfWords` under the name one looks for here.
"""

from textkit.adapters.sklearn.classifier import TextClassifier
from textkit.adapters.sklearn.tokenizer import TextTokenizer
from textkit.data.bag_of_words.vectorizer import BagOfWords as BagOfWordsVectorizer

__all__ = ["BagOfWordsVectorizer", "TextClassifier", "TextTokenizer"]
