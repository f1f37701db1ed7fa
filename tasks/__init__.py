"""How one step is done: get the client from the block, make the call, return a value."""
