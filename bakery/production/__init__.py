"""Tickets for the kitchen."""
