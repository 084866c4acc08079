"""How a message travels; knows no platform and no notebook."""

#: How long a caller waits for the outcome of a send, in seconds.
TIMEOUT = 15.0
