"""Examples: made timetables, malformations and attacks."""
