"""Pictures of what the shop sells, drawn by code: descriptions in, SVG out. Knows no Flask and no database."""
