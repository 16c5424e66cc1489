"""What can be wrong with the agents and their file queue (systems/agents.md, 3A)."""
