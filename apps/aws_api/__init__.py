"""What boto3, the command line and the SDKs talk to."""
