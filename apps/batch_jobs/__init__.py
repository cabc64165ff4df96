"""The pages of batch inference jobs and batch segment jobs."""
