"""Cart, checkout and order."""
