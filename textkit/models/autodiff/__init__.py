"""Reverse-mode differentiation on a small graph of numpy arrays, to be read; torch's own is for work."""
