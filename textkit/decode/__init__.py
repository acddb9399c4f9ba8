"""Choosing tokens from distributions; blind to which model gives them."""
