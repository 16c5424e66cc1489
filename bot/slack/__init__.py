"""Front door: Slack, over Socket Mode or HTTP."""
