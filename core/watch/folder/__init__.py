"""What stands in the watched folders, and when it stands still."""
