"""Regression: numbers from numbers, with every formula written out in numpy. Arrays in, arrays out."""
