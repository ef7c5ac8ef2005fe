"""What workers run: one module a domain; each job takes ids, loads, calls one service."""
