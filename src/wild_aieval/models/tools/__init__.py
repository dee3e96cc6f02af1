"""Programs on this machine as candidates."""
