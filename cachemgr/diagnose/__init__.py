"""Findings: one file per question a scan can answer."""
