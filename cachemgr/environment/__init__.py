"""Variables for shells, children and new projects: configured roots turned into what tools listen to."""
