"""The companions of a run: one module per subcommand, imported when it is called."""
