"""The tables, and where the things they name lie."""
