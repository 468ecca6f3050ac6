"""How charge points behave at the prompt, as plugins."""
