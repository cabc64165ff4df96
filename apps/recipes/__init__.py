"""The pages of recipes: what can be trained, and what each recipe needs."""
