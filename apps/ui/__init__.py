"""What the console pages share."""
