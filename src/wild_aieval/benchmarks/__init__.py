"""Benchmarks: what is tested. Manifest, catalogue, readers, checks."""
