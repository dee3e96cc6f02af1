"""Content checks of a benchmark: what a run would not notice and a reader of its figures should know."""
