"""What people do in Slack: payload to question, question to answer."""
