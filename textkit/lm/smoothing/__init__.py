"""From counts to probabilities: one method a module, and `make_smoothing` to choose by name."""
