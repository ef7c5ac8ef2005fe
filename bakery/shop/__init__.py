"""The shop itself: its profile, its settings, its tax rates and its questions answered."""
