"""What can be wrong with OctoLLM's services and tasks (systems/octollm.md, 3B)."""
