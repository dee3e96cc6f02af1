"""Files of outputs that a tool wrote elsewhere."""
