"""A Stripe for one machine. One module a resource; `resources.py` is the table of them."""
