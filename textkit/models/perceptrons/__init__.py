"""Multilayer perceptrons of any depth: activations, Maxout, initialisations, and how signals pass."""
