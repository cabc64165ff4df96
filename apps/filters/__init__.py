"""The pages of filters: expressions that include or exclude items, users and actions."""
