"""Pure functions that turn a report into blocks, text, JSON or Markdown."""
