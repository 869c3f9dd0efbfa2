"""MCP: what an agent asks of tool servers and what they answer, read from the wire as it passes.

`message`, `excerpts`, `methods`, `tools` and `conversation` read messages and touch nothing else;
`lines`, `inbox`, `pump` and `server` stand between a client and a server on standard streams. The
proxy reads MCP over HTTP with the same `conversation`.
"""
