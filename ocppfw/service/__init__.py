"""Builds what runs, and runs it."""
