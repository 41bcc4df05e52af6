"""Where caches should be: configuration files read into Settings, each value with its origin."""
