"""The SQL models, in lower-case SQL: staging, contact, episode, outcome, audit."""
