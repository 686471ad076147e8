"""From exports to a published snapshot."""
