"""Whether a run is what it was when its training ended: every checksum, and what its model says."""
