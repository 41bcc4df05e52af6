"""Reading a machine: which roots there are, and what is in them."""
