"""Reviews of audit cases: kept, never lost, never overwritten."""
