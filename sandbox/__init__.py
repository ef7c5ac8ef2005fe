"""A whole outside world on one machine: a Stripe, a Twilio, a mail server, and an inbox to look at.

It is a stand-in for other companies' services, so it imports nothing of the shop and the shop
imports nothing of it. They meet over HTTP and SMTP only.
"""
