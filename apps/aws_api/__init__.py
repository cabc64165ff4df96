"""What boto3, the CLI and the SDKs talk to."""
