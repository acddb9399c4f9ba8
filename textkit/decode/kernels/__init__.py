"""Compiled loops over scores, where torch has none that do the work in one go.

Import the modules from inside functions: numba takes a third of a second to load.
"""
