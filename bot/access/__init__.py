"""What every way in for other programs shares: the token, the gate, and looking photos up.

The HTTP API (:mod:`bot.api`) and the MCP server (:mod:`bot.mcp`) are built on it. Nothing that
leaves through here holds a path of this machine, an original file or hidden data of a photo.
"""
