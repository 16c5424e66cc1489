"""debug-bot: one investigation, the same words in Slack and in a shell."""

__version__ = "0.1.0"
