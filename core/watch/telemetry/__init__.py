"""Where the daemon is seen and heard: log, status, heartbeat, metrics."""
