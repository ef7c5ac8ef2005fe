"""Stripe, Twilio, SMTP and files: a port and its real adapter each."""
