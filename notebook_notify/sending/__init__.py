"""How a message comes to its targets, and what is written down of it."""
