"""Containers written by libarchive (through ctypes) and by 7-Zip."""

import ctypes
import os
import subprocess
import tempfile

_library = ctypes.CDLL("libarchive.so.13")
for _name in ("archive_write_new", "archive_entry_new", "archive_error_string"):
    getattr(_library, _name).restype = ctypes.c_void_p
_library.archive_write_data.restype = ctypes.c_ssize_t


def libarchive(format, members, filters=(), options=None):
    """`members` as [(name, bytes)] in a container that libarchive writes; `filters` from the inside out."""
    writer = ctypes.c_void_p(_library.archive_write_new())

    def must(code):
        if code < -20:  # a warning is -20
            text = ctypes.string_at(_library.archive_error_string(writer)).decode()
            raise RuntimeError(f"libarchive, {format} {filters}: {text}")

    must(_library.archive_write_set_format_by_name(writer, format.encode()))
    for filter in filters:
        must(_library.archive_write_add_filter_by_name(writer, filter.encode()))
    if options:
        must(_library.archive_write_set_options(writer, options.encode()))
    must(_library.archive_write_set_bytes_in_last_block(writer, 1))
    size = 4 << 20
    buffer, used = ctypes.create_string_buffer(size), ctypes.c_size_t()
    must(_library.archive_write_open_memory(writer, buffer, ctypes.c_size_t(size), ctypes.byref(used)))
    for name, data in members:
        entry = ctypes.c_void_p(_library.archive_entry_new())
        _library.archive_entry_set_pathname(entry, name.encode())
        _library.archive_entry_set_size(entry, ctypes.c_int64(len(data)))
        _library.archive_entry_set_filetype(entry, 0o100000)
        _library.archive_entry_set_perm(entry, 0o644)
        _library.archive_entry_set_mtime(entry, ctypes.c_long(1_700_000_000), ctypes.c_long(0))
        must(_library.archive_write_header(writer, entry))
        if data and _library.archive_write_data(writer, data, ctypes.c_size_t(len(data))) != len(data):
            raise RuntimeError(f"libarchive, {format}: short write")
        _library.archive_entry_free(entry)
    must(_library.archive_write_close(writer))
    _library.archive_write_free(writer)
    return buffer.raw[: used.value]


def filtered(data, *filters):
    """Compresses bytes with libarchive's filters: `gzip`, `compress`, `lz4`, `zstd`, `lzip`, …"""
    return libarchive("raw", [("data", data)], filters)


def sevenzip(members, *switches, type="7z"):
    """`members` as [(name, bytes)] packed by 7-Zip."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, data in members:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
            names.append(name)
        subprocess.run(
            ["7z", "a", f"-t{type}", "-bd", "-mmt=1", *switches, "out", "--", *names],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        written = next(name for name in os.listdir(folder) if name.startswith("out"))
        with open(os.path.join(folder, written), "rb") as file:
            return file.read()
