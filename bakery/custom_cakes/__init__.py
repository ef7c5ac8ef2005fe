"""Custom cakes: a customer's wish, its numbered quotes, and what staff decide."""
