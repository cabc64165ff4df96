"""Any table of a person's own into a file that fits a schema: look at it, map its columns, mend its rows, write it."""
