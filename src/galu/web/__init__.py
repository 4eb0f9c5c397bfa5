"""The trial over HTTP: a thin shell over the desk, for browsers and for programs (extra `server`)."""
