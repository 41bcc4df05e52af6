"""What tools and projects are set up with: the verbs about variables and about a project's own files."""
