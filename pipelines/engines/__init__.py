"""How the SQL models are put in order and run."""
