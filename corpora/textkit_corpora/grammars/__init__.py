"""The grammars behind the sample corpora: everything in them was written for this project."""
