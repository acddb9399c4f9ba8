"""Linear classifiers of sparse rows: arrays in, arrays out.

Import the modules from inside functions where start-up counts: numba takes a third of a second to load.
"""
