"""Reports: what people read. Made from run folders alone."""
