"""OLE2 files with any layout: small sectors, scattered chains, storages, streams that no storage names."""

import random
import struct

FREE, END, TABLE, LIST = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC


def package(label, data, path=b"C:\\a.bin"):
    """The native data of a packaged file, behind the size that precedes them in a stream."""
    body = struct.pack("<H", 2) + label + b"\0" + path + b"\0" + struct.pack("<HH", 0, 3)
    body += struct.pack("<I", len(path) + 1) + path + b"\0" + struct.pack("<I", len(data)) + data + b"\0\0"
    return struct.pack("<I", len(body)) + body


def build(streams, shift=9, small=6, cutoff=4096, seed=None, spare=b"", hidden=(), storages=(), version=None, tail=b""):
    """An OLE2 file of these streams ({name: bytes}).

    `seed` scatters the sectors. `spare` are the bytes of sectors of no stream; `tail` follows the last one. Streams in
    `hidden` are in the directory, and in no storage's tree.
    """
    size = 1 << shift
    body, chain = [], []

    def store(data, width):
        """Returns the places of a chain that are yet to be numbered."""
        return [data[i : i + width].ljust(width, b"\0") for i in range(0, len(data), width)]

    chains, smalls, rows = [], [], []
    small_table, small_data = [], b""
    for name, data in streams.items():
        if len(data) < cutoff:
            start = len(small_table) if data else END
            count = -(-len(data) // (1 << small))
            small_table += [start + i + 1 for i in range(count - 1)] + ([END] if count else [])
            small_data += data.ljust(count << small, b"\0")
            rows.append((name, 2, ("small", start), len(data)))
        else:
            rows.append((name, 2, ("chain", len(chains)), len(data)))
            chains.append(store(data, size))
    for name in storages:
        rows.append((name, 1, ("small", 0), 0))
    root = len(chains)
    chains.append(store(small_data, size))
    tables = len(chains)
    chains.append(store(struct.pack(f"<{len(small_table)}I", *small_table).ljust(-(-len(small_table) * 4 // size) * size, b"\xff"), size))
    directory = len(chains)
    count = -(-(len(rows) + 1) * 128 // size)
    chains.append([b""] * count)
    spares = store(spare, size)
    total = sum(map(len, chains)) + len(spares)
    fat = 1
    while (total + fat + max(0, -(-(fat - 109) // (size // 4 - 1)))) * 4 > fat * size:
        fat += 1
    lists = max(0, -(-(fat - 109) // (size // 4 - 1)))
    places = list(range(total + fat + lists))
    if seed is not None:
        random.Random(seed).shuffle(places)
    next_place = iter(places)
    numbered = [[next(next_place) for _ in blocks] for blocks in chains]
    spare_places = [next(next_place) for _ in spares]
    fat_places = [next(next_place) for _ in range(fat)]
    list_places = [next(next_place) for _ in range(lists)]
    table = [FREE] * (fat * size // 4)
    sectors = [b""] * len(places)
    for blocks, where in zip(chains, numbered):
        for i, place in enumerate(where):
            table[place] = where[i + 1] if i + 1 < len(where) else END
            sectors[place] = blocks[i]
    for block, place in zip(spares, spare_places):
        sectors[place] = block
    for place in fat_places:
        table[place] = TABLE
    for place in list_places:
        table[place] = LIST

    def first(where):
        return where[0] if where else END

    def row(name, kind, start, length, left=FREE, right=FREE, child=FREE):
        text = name.encode("utf-16-le") + b"\0\0"
        return text.ljust(64, b"\0") + struct.pack(
            "<HBBIII16sIQQIQ", len(text), kind, 1, left, right, child, b"", 0, 0, 0, start, length
        )

    shown = [i for i, r in enumerate(rows, 1) if r[0] not in hidden]
    shown.sort(key=lambda i: (len(rows[i - 1][0]), rows[i - 1][0].upper()))
    following = dict(zip(shown, shown[1:]))
    text = row("Root Entry", 5, first(numbered[root]), len(small_data), child=shown[0] if shown else FREE)
    for i, (name, kind, (where, start), length) in enumerate(rows, 1):
        begin = start if where == "small" else first(numbered[start])
        text += row(name, kind, begin, length, right=following.get(i, FREE))
    text = text.ljust(count * size, b"\0")
    for i, place in enumerate(numbered[directory]):
        sectors[place] = text[i * size : (i + 1) * size]
    for i, place in enumerate(fat_places):
        sectors[place] = struct.pack(f"<{size // 4}I", *table[i * size // 4 : (i + 1) * size // 4])
    rest = fat_places[109:]
    for i, place in enumerate(list_places):
        part = rest[i * (size // 4 - 1) : (i + 1) * (size // 4 - 1)]
        part += [FREE] * (size // 4 - 1 - len(part)) + [list_places[i + 1] if i + 1 < lists else END]
        sectors[place] = struct.pack(f"<{size // 4}I", *part)
    version = version or (4 if shift == 12 else 3)
    head = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    head += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, version, 0xFFFE, shift, small, count if version == 4 else 0, fat,
        first(numbered[directory]), 0, cutoff, first(numbered[tables]), len(numbered[tables]), first(list_places), lists,
    )
    head += struct.pack("<109I", *(fat_places[:109] + [FREE] * (109 - len(fat_places[:109]))))
    return head.ljust(size, b"\0") + b"".join(sectors) + tail


def vba(text):
    """A compressed container ([MS-OVBA], 2.4.1) of literal tokens, chunk by chunk."""
    out = b"\1"
    for start in range(0, len(text), 3600):
        piece = text[start : start + 3600]
        tokens = b"".join(b"\0" + piece[i : i + 8] for i in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | len(tokens) - 1) + tokens
    return out


def vba_directory(modules):
    """The stream `dir` of a project: the offset of the source in each module's stream."""
    body = struct.pack("<HII", 1, 4, 1) + struct.pack("<HIIH", 9, 4, 1, 2)
    for name, offset in modules.items():
        body += struct.pack("<HI", 0x1A, len(name)) + name.encode()
        body += struct.pack("<HI", 0x32, 2 * len(name)) + name.encode("utf-16-le")
        body += struct.pack("<HII", 0x31, 4, offset)
    return vba(body)
