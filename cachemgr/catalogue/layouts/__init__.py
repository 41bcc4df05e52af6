"""How files group into entries: one layout a file, shared by the cache types of the catalogue."""
