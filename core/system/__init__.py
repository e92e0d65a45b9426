"""What talks to the operating system, and to SQLite."""
