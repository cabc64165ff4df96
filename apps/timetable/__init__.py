"""The clock as a client."""
