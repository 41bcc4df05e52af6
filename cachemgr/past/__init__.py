"""What was done before, and what may be done about it: the verbs that `CacheManager` passes on."""
