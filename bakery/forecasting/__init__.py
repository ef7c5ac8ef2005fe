"""Predictions: what the models say, in the shop's words and with its settings. A person decides."""
