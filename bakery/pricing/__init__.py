"""Totals and tax."""
