"""The entrance: what a request may be like, how many there may be, and what is served at all."""
