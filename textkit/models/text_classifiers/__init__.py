"""Networks that judge whole texts."""
