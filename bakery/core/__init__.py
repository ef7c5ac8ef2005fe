"""Money, clock, errors, ids and states: pure Python."""
