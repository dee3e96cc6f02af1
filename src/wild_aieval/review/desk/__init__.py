"""The review desk: a small local web application in which examiners work through a batch, one item at a time."""
