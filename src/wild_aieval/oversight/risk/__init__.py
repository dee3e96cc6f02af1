"""Risk control: which share of wrong answers among unflagged items can be promised, with which probability.

Pure functions on arrays and plain data; what is promised is written by ``statements`` alone.
"""
