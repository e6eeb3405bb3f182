"""Ways to run a hart."""
