"""Compiled loops over batches of tokens and ids.

Import the modules from inside functions: numba takes a third of a second to load.
"""
