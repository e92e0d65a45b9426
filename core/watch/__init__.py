"""A folder on a shared drive, watched for months: files that stand still become calendars."""
