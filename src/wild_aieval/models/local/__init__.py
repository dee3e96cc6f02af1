"""Models that run in this process: weights, batches that fit, classifiers, translators, chat models."""
