"""Whose groups: selections, where they are kept, and how the best one is found."""
