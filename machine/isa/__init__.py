"""What instructions mean, once."""
