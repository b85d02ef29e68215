"""Echo: messages that any WebSocket server sends back, open loop, each with a number of its own."""
