"""The pages of metric attribution: what recommendations brought."""
