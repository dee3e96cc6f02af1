"""The record of a run: an append-only journal and the folder that holds everything derived from it."""
