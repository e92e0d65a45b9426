"""From files that stand still to jobs, and from jobs that ended to what becomes of their files."""
