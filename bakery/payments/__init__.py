"""Payments, the ledger, Stripe's events and receipts."""
