"""Other libraries' caches, kept in one of ours. Each module needs its library."""
