"""What waits to be sent: kept, told of, and sent later."""
