"""A port and its real adapter."""
