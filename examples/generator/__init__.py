"""The generator of made timetables: an independent source of truth for what a PDF says."""
