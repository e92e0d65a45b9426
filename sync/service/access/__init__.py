"""Who may do what, and how often: tokens, sessions, passwords, rates, blocks."""
