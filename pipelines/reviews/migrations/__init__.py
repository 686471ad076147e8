"""Alembic's home: every change of the store's tables, oldest first."""
