"""What can be sold: levels, holds and the movement ledger."""
