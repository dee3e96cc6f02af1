"""Tracking: MLflow looks on. It reads run folders and never changes what was measured."""
