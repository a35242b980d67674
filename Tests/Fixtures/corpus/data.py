"""Data of science, maps, machines and programs."""

import io
import pickle
import struct

from documents import TEXT
from making import base


def databases():
    for name, rows in (("few", 3), ("some", 200)):
        body = base("create table t(a integer primary key, b text)", *[("insert into t(b) values (?)", (TEXT,))] * rows)
        yield f"base-{name}.sqlite", body, ["application/vnd.sqlite3", "application/x-sqlite3"]


def medical():
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    for name, syntax in (("explicit", ExplicitVRLittleEndian), ("implicit", ImplicitVRLittleEndian)):
        for preamble in (b"\0" * 128, (b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + bytes(120))[:128]):
            meta = FileMetaDataset()
            meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3", syntax
            image = FileDataset("", {}, file_meta=meta, preamble=preamble)
            image.PatientName, image.Rows, image.Columns = "Test^Zoe", 8, 8
            image.BitsAllocated, image.SamplesPerPixel = 8, 1
            image.PixelData = bytes(64)
            out = io.BytesIO()
            pydicom.dcmwrite(out, image)
            yield f"scan-{name}-{'tiff' if preamble[0] else 'plain'}.dcm", out.getvalue(), ["application/dicom"]


def binary():
    facet = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0)
    yield "cube.stl", b"exported from a CAD program".ljust(80) + struct.pack("<I", 12) + facet * 12, ["model/stl", "application/sla"]
    yield "cube.glb", b"glTF" + struct.pack("<II", 2, 44) + struct.pack("<I4s", 24, b"JSON") + b'{"asset":{"version":"2.0"}}'[:24], ["model/gltf-binary"]
    yield "points.ply", b"ply\nformat binary_little_endian 1.0\nelement vertex 4\nproperty float x\nend_header\n" + bytes(16), ["model/ply"]
    yield "plan.dwg", b"AC1027" + b"\0" * 5 + b"\3\2" + bytes(400), ["image/vnd.dwg", "application/acad"]
    yield "chart.wmf", b"\xd7\xcd\xc6\x9a\0\0" + b"\0" * 16 + b"\1\0\x09\0\0\3" + bytes(60), ["image/wmf", "image/x-wmf"]
    yield "chart.emf", b"\1\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF" + b"\0\0\1\0" + bytes(100), ["image/emf", "image/x-emf"]
    yield "array.npy", b"\x93NUMPY\1\0\x76\0" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (8,), }".ljust(117) + b"\n" + bytes(64), ["application/octet-stream"]
    yield "value.pickle", pickle.dumps({"a": [1, 2, 3], "b": TEXT}), ["application/octet-stream"]
    yield "matrix.mat", struct.pack("<5i", 0, 3, 4, 0, 2) + b"a\0" + bytes(range(96)), ["application/x-matlab-data", "application/octet-stream"]
    yield "shapes.shp", struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50) + struct.pack("<2i8d", 1000, 1, *range(8)), ["application/x-shp", "application/vnd.shp"]
    yield "table.dbf", b"\3\x7e\1\1" + struct.pack("<IHH", 1, 65, 11) + bytes(20) + b"NAME".ljust(11, b"\0") + b"C" + bytes(4) + b"\x0a\0" + bytes(14) + b"\r" + b" words     \x1a", ["application/dbf", "application/vnd.dbf"]
    yield "climate.nc", b"CDF\1" + bytes(28) + bytes(60), ["application/x-netcdf"]
    yield "table.parquet", b"PAR1" + bytes(60) + struct.pack("<I", 20) + b"PAR1", ["application/vnd.apache.parquet", "application/octet-stream"]
    yield "page.wasm", b"\0asm\1\0\0\0", ["application/wasm"]
    yield "capture.pcap", struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + struct.pack("<IIII", 1, 1, 20, 20) + bytes(20), ["application/vnd.tcpdump.pcap"]
    yield "words.mo", struct.pack("<7I", 0x950412DE, 0, 1, 28, 36, 0, 44) + struct.pack("<4I", 1, 44, 1, 46) + b"a\0b\0", ["application/x-gettext-translation"]
    yield "sky.fits", b"SIMPLE  =                    T".ljust(80) + b"BITPIX  =                    8".ljust(80) + b"NAXIS   =                    0".ljust(80) + b"END".ljust(2640), ["application/fits", "image/fits"]
    yield "list.plist", b"bplist00\xd0\x08" + bytes(6) + b"\1\1" + bytes(7) + b"\1" + bytes(8) + bytes(7) + b"\x09", ["application/x-plist"]
    yield "seed.torrent", b"d8:announce20:http://example.org/a4:infod6:lengthi9e4:name1:aee", ["application/x-bittorrent"]
    for number in range(24):
        state, body = number * 2654435761 + 1, bytearray()
        while len(body) < 3000:
            state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
            body += (state >> 24).to_bytes(5, "little")
        yield f"noise-{number}.bin", bytes(body), ["application/octet-stream"]
    for number, start in enumerate((b"\x5e\0\0\x80\0" + b"\xff" * 8, b"\0\0\0\x10\0" + b"\xff" * 8, b"\x01\0\0\0\1" + struct.pack("<Q", 900),
                                    b"\x2d\0\0\x01\0" + struct.pack("<Q", 70000), b"\0\0\0\0\4" + struct.pack("<Q", 12))):  # fmt: skip
        yield f"record-{number}.dat", start + bytes((7 * i * i + number) & 255 for i in range(4000)), ["application/octet-stream"]
        yield f"short-record-{number}.dat", start + bytes(25), ["application/octet-stream"]


def every():
    for family in (databases, medical, binary):
        for name, body, types in family():
            yield f"data-{name}", body, types
