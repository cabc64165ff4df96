"""What runs later, in the background."""
