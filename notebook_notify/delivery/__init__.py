"""How a message travels; knows no platform and no notebook."""

#: How long a caller waits for the outcome of a send, in seconds.
TIMEOUT = 15.0
#: How long a cell that somebody watches is held by it, in seconds, if it can go on behind the cell.
HOLD = 5.0
