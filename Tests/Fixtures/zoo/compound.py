"""OLE2 compound files: the format of old Office documents and of encrypted new ones."""

import struct


def compound(streams):
    """An OLE2 compound file of these streams ({name: bytes}), each long enough for its own sectors."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    body, chain, entries = b"", [], []
    for name, data in streams.items():
        data = data.ljust(4096, b"\0")
        start, count = len(chain), -(-len(data) // 512)
        chain += [start + i + 1 for i in range(count - 1)] + [end]
        body += data.ljust(count * 512, b"\0")
        entries.append((name, 2, start, len(data)))

    def row(name, kind, start, size, child=free, right=free):
        text = name.encode("utf-16-le") + b"\0\0"
        return text.ljust(64, b"\0") + struct.pack(
            "<HBBIII16sIQQIQ", len(text), kind, 1, free, right, child, b"", 0, 0, 0, start, size
        )

    rows = row("Root Entry", 5, end, 0, child=1 if entries else free)
    entries.sort(key=lambda entry: (len(entry[0]), entry[0].upper()))
    for number, (name, kind, start, size) in enumerate(entries, 1):
        rows += row(name, kind, start, size, right=number + 1 if number < len(entries) else free)
    rows = rows.ljust(-(-len(rows) // 512) * 512, b"\0")
    first, count = len(chain), len(rows) // 512
    chain += [first + i + 1 for i in range(count - 1)] + [end]
    tables = 1
    while (len(chain) + tables) * 4 > tables * 512:
        tables += 1
    places = [len(chain) + i for i in range(tables)]
    chain += [table] * tables
    allocation = struct.pack(f"<{len(chain)}I", *chain).ljust(tables * 512, b"\xff")
    head = (
        bytes.fromhex("D0CF11E0A1B11AE1")
        + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, first, 0, 4096, end, 0, end, 0)
    )
    head += struct.pack("<109I", *places, *[free] * (109 - tables))
    return head + body + rows + allocation
