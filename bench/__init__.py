"""Benchmarks: the shop beside the floor of the same server on the same machine, in one run."""
