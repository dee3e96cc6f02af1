"""MLflow as an observer of run folders."""
