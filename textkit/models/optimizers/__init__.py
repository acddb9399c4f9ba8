"""Optimisers, one a module: those of the course, those that torch lacks; and surfaces to see them on."""
