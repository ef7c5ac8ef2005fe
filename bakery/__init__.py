"""Saffron & Crumb: a bakery's shop, back office and kitchen screen."""
