"""Optimisers, one a module: those of the course, and those that torch lacks."""
