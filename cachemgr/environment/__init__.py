"""Variables for shells and children, and what a project is set up with. `variables` and `setup` have the
verbs that `CacheManager` passes on; nothing else in it knows a stage."""
