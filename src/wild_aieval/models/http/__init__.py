"""Candidates behind an HTTP endpoint: one transport, and one small adapter for each shape of interface."""
