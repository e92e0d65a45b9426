"""Load tests of the central service: a burst of uploads, and locust's users."""
