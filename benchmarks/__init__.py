"""The load generator and the comparison with peers: ``python -m benchmarks``."""
