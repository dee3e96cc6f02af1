"""Results that travel while data stay at home: signed files without texts, and the board of the group."""
