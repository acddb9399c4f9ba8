"""Hypothesis without deadlines: the first call of a tokenizer loads its library."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
