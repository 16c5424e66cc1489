"""OctoLLM: services with structured logs, metrics and request ids."""
