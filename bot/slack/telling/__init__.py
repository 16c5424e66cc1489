"""What comes unasked: alerts, digests, and messages that keep themselves current."""
