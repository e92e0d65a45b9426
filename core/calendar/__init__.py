"""Entries and a teaching calendar -> events -> iCalendar files."""
