"""What staff keep up: the menu with its prices and servings, and the shop's settings."""
