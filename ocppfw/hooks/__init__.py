"""Hooks and plugins: what there is to implement, where plugins are found, how they are called."""
