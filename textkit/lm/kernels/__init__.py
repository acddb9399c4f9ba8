"""Compiled loops over the tables of n-grams: counting, estimating, asking, reading and writing.

Import the modules from inside functions: numba takes a third of a second to load.
"""
