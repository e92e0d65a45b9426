"""Folders of PDFs -> a folder of calendars."""
