"""Customers, staff, rights, consent and the audit log."""
