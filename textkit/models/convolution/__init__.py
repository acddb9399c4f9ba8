"""Convolution over images: written out, pooled, counted, and stacked into a network for digits."""
