"""How a message travels; knows no platform and no notebook."""
