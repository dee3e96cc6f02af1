"""Texts as vectors: encoders, dense search, classification by vectors."""
