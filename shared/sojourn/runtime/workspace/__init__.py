"""The workspace: what lies in the bucket, and what of it is live."""
