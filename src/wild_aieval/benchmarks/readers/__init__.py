"""Readers: files of many layouts in, rows with their place (file and line) out."""
