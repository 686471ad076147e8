"""Packaged profiles: how known exports become the canonical columns."""
