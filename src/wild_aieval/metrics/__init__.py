"""Measures as pure functions and value objects on arrays; nothing of the project is imported."""
