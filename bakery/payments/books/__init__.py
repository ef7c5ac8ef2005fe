"""The shop's books: Stripe's own movements beside the ledger, and the proof that all of it adds up."""
