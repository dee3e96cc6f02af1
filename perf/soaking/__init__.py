"""The parts of ``perf/soak.py``."""
