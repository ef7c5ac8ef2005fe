"""The price of a custom cake: a cost-plus formula, and a model that learns from what staff decided."""
