"""The MCP server: assistants of other makers look photos up. Everything in it only reads.

``photopal mcp`` speaks over standard input and output, ``photopal mcp --http`` over HTTP with a
token.
"""
