"""The central service: calendars that students subscribe to, and conversion for those without a terminal."""
