"""Calendars and selections -> the bytes of a feed."""
