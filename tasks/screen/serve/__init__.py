"""The service: films come in over HTTP, wait in a durable queue, and appear on a worklist."""
