"""What a service has set for its charts by form or command: targets, notes, new limits."""
