"""The pages of solutions and their versions."""
