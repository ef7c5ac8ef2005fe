"""Steps of collecting and giving back, inside the caller's transaction and under the order's lock."""
