"""What surrounds the routes: connections, bodies, errors, access log."""
