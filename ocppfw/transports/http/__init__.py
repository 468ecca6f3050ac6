"""What both transports need of HTTP: sites, bodies, requests."""
