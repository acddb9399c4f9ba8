"""A run, several runs or a sweep as one HTML file that needs nothing else: no network, no scripts."""
