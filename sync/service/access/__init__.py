"""Who may do what, and how often: secrets, rates, the vault."""
