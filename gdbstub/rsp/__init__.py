"""The GDB remote serial protocol as values: bytes to packets, replies to bytes, and never a socket.

`connection` turns bytes into payloads and back, `catalogue.parse` a payload into a typed packet, and every reply in
`replies` builds its own payload. The binary escapes live in `framing`: everything above it sees plain bytes.
"""
