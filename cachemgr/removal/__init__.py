"""The verbs that take entries away: named ones, and those that rules name."""
