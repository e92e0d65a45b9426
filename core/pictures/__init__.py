"""The pictures of a week or a month: one plan -> a page, a drawing, JSON; the terminal's is in the command line."""
