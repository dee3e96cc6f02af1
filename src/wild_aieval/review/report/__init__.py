"""What the flags of a run and the reviews of people are worth: figures, page, sentences, alarm."""
