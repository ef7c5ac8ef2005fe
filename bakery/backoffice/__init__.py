"""The pages staff see under /admin."""
