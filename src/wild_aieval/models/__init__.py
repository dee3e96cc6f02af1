"""Candidates: protocols, the registry of kinds, and one optional module per adapter."""
