"""Which is better: finished runs on the same items, compared pair by pair and said in one sentence."""
