"""How many a cake serves, by geometry; docs/servings.md says where the rules come from."""
