"""The inbox and its digest."""
