"""Lexical search, fusion and re-ranking, and what searchers share."""
