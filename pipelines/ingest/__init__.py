"""The door: from a file as it was exported to typed landing rows, or a refusal."""
