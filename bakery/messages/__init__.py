"""Emails and SMS: what was owed, sent and failed."""
