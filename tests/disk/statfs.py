"""What macOS's statfs(2) fills in, written from its declaration in sys/mount.h."""

import struct


def statfs(flags: int, kind: bytes = b"", target: bytes = b"", source: bytes = b"") -> bytes:
    numbers = struct.pack("=Ii5Q2iII", 4096, 1 << 20, 1, 1, 1, 1, 1, 7, 7, 501, 26)
    texts = struct.pack("=16s1024s1024s", kind, target, source)
    return (numbers + struct.pack("=II", flags, 0) + texts).ljust(2168, b"\0")
