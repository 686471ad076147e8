"""Signing in: who is let through to the dashboard, for how long, and what the others are told."""
