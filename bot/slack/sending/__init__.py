"""How messages, files and pictures leave for Slack, at the pace that it takes."""
