"""The prompt: both roles by hand."""
