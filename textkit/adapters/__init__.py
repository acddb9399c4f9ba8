"""textkit inside other libraries: scikit-learn, spaCy, datasets, Hugging Face's tokenizers.

Each adapter is a package named after the library, and imports it. None is imported unless it is asked for.
"""
