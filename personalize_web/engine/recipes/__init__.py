"""What can be trained: recipes for custom resources and use cases of domains, with their parameters."""
