"""Facts from file systems. Reads, never writes, and changes no access time."""
