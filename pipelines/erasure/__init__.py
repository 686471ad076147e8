"""Leaving people out: at the door by a register, and afterwards from everything that is kept."""
