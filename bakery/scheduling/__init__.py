"""Hours, cut-offs, lead times and pickup slots, in the shop's time zone."""
