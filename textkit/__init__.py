"""textkit: from raw Chinese or English text to tokens, vocabularies and language models.

The folders are floors, named by the shape of the data: `text` (strings and tokens), `data` (ids),
`models` (tensors), `lm` and `decode` (distributions), `train`, `tasks` (whole stories). Each floor
imports only the floors below it.
"""

__version__ = "0.1.0"
