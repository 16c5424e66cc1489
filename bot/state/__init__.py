"""What outlives the process: the database of `DEBUG_BOT_STATE_URL`, and its tables."""
