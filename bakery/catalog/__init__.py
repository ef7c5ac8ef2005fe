"""Categories, products, variants, allergens, pictures, reviews."""
