"""What an operator sees and what happens beside the requests."""
