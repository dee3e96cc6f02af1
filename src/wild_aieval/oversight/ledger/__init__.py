"""The oversight ledger: what was flagged, shown and decided, appended for good and chained by hashes."""
