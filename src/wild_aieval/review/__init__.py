"""Human review: batches of items for examiners, the desk, files, and what the reviews say about the oversight."""
