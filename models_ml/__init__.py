"""What the shop learns from its own history. Knows neither the shop, nor Flask, nor a database."""
