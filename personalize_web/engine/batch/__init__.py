"""Files of questions, one JSON object a line: read, cut into chunks, answered line by line."""
