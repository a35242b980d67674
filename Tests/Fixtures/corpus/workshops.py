"""Files of workshops, laboratories and programmers: drawings, models, measurements, packages."""

import base64
import gzip
import json
import struct
import tarfile
import zipfile
import zlib

from making import OCTETS, TEXT, noise, png, raw, tarred, varint, zipped


def workshops():
    triangles = b"".join(struct.pack("<12fH", *(float(n * k % 17) for k in range(12)), 0) for n in range(300))
    yield "part.stl", b"solid exported by a program that says solid in binary files".ljust(80) + struct.pack("<I", 300) + triangles, ["model/stl", "application/sla", "application/vnd.ms-pki.stl"]
    yield "part-text.stl", b"solid part\n" + b"facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n" * 60 + b"endsolid part\n", ["model/stl", "application/vnd.ms-pki.stl"]
    step = "".join(f"#{n}=CARTESIAN_POINT('',({n}.5,{n * 3}.25,{n * 7}.125));\n" for n in range(10, 3000))
    yield "part.step", f"ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('part.step','2026-01-02T03:04:05',(''),(''),'','','');\nFILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\n{step}ENDSEC;\nEND-ISO-10303-21;\n".encode(), ["model/step", "application/step", "application/STEP"]
    yield "house.ifc", f"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n{step}ENDSEC;\nEND-ISO-10303-21;\n".encode(), ["application/x-step", "application/ifc", "model/ifc"]
    yield "house.ifczip", zipped({"house.ifc": b"ISO-10303-21;\n"}), ["application/zip", *OCTETS]
    yield "part.iges", b"".join(f"{'START RECORD':72}S{n:7}\n".encode() for n in range(1, 40)), ["model/iges"]
    yield "plan.dxf", "  0\nSECTION\n  2\nENTITIES\n".encode() + b"".join(f"  0\nLINE\n  8\n0\n 10\n{n}.5\n 20\n{n}.25\n 11\n{n + 1}.0\n 21\n0.0\n".encode() for n in range(400)) + b"  0\nENDSEC\n  0\nEOF\n", ["image/vnd.dxf", "application/dxf", "image/x-dxf"]
    yield "plan-binary.dxf", b"AutoCAD Binary DXF\r\n\x1a\0" + b"\0\0SECTION\0" + noise(900), ["image/vnd.dxf"]
    for version in (b"AC1015", b"AC1018", b"AC1021", b"AC1024", b"AC1032"):
        yield f"plan-{version.decode().lower()}.dwg", version + bytes(5) + b"\3\2" + struct.pack("<I", 0x1C0) + noise(4000), ["image/vnd.dwg", "application/acad", "application/x-dwg"]
    yield "part.3dm", b"3D Geometry File Format " + b"      80" + struct.pack("<II", 1, 40) + noise(40) + b"\x30\x80\0\x40" + zlib.compress(noise(2000) + bytes(900)) + noise(200), OCTETS + ["model/vnd.3dm"]
    yield "part.fcstd", zipped({"Document.xml": b"<?xml version='1.0' encoding='utf-8'?>\n<Document/>", "GuiDocument.xml": b"<?xml version='1.0'?>\n<Document/>", "Pad.Shape.brp": b"\nCASCADE Topology V1, (c) Matra-Datavision\n" + b"0 0 0 1\n" * 400}), ["application/x-extension-fcstd", "application/zip", *OCTETS]
    yield "design.f3d", zipped({"Manifest.dat": noise(60), "FusionAssetName[Active]/Breps.BlobParts/BREP.1.smt": b"ASM BinaryFile4" + noise(2000), "Properties.dat": b"{}"}, zipfile.ZIP_STORED), OCTETS
    yield "scene.blend", b"BLENDER-v402" + b"REND" + struct.pack("<IQII", 72, 1, 0, 1) + bytes(72) + b"DATA" + struct.pack("<IQII", 3000, 2, 0, 1) + noise(3000) + b"ENDB" + bytes(20), ["application/x-blender"]
    yield "scene-packed.blend", gzip.compress(b"BLENDER-v279" + noise(3000)), ["application/x-blender", "application/gzip"]
    text = json.dumps({"asset": {"version": "2.0"}, "buffers": [{"byteLength": 3000}], "images": [{"mimeType": "image/png", "bufferView": 0}]}).encode()
    text += b" " * (-len(text) % 4)
    picture = png()
    data = picture + bytes(-len(picture) % 4)
    yield "chair.glb", b"glTF" + struct.pack("<II", 2, 28 + len(text) + len(data)) + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\0") + data, ["model/gltf-binary"]
    buffer = base64.b64encode(struct.pack("<900f", *(n / 7 for n in range(900)))).decode()
    yield "chair.gltf", json.dumps({"asset": {"version": "2.0"}, "buffers": [{"uri": f"data:application/octet-stream;base64,{buffer}", "byteLength": 3600}], "images": [{"uri": "data:image/png;base64," + base64.b64encode(picture).decode()}]}, indent=2).encode(), ["model/gltf+json", "application/json"]
    yield "chair.usdz", zipped({"chair.usda": b"#usda 1.0\n(\n    defaultPrim = \"Chair\"\n)\ndef Xform \"Chair\" {}\n", "textures/wood.png": picture}, zipfile.ZIP_STORED, align=64), ["model/vnd.usdz+zip", "model/vnd.pixar.usd", "application/zip"]
    yield "chair.usdc", b"PXR-USDC\0\x08" + bytes(6) + struct.pack("<q", 1200) + noise(2000), OCTETS + ["model/vnd.usd"]
    yield "chair.fbx", b"Kaydara FBX Binary  \0\x1a\0" + struct.pack("<I", 7400) + struct.pack("<IIIB", 27 + 900, 1, 800, 8) + b"Geometry" + b"d" + struct.pack("<III", 300, 1, 500) + zlib.compress(struct.pack("<300d", *(n / 3 for n in range(300)))) + bytes(160), OCTETS
    yield "chair.3ds", b"\x4d\x4d" + struct.pack("<I", 1200) + b"\x02\x00" + struct.pack("<II", 10, 3) + b"\x3d\x3d" + struct.pack("<I", 1184) + noise(1178), ["application/x-3ds", "image/x-3ds"]
    yield "chair.obj", b"# Blender\nmtllib chair.mtl\no Chair\n" + b"".join(f"v {n / 7:.6f} {n / 11:.6f} {n / 13:.6f}\n".encode() for n in range(600)) + b"".join(f"f {n} {n + 1} {n + 2}\n".encode() for n in range(1, 500)), ["model/obj", "application/x-tgif"]
    yield "chair.mtl", b"newmtl Wood\nNs 250.000000\nKa 1.0 1.0 1.0\nmap_Kd wood.png\n", ["model/mtl"]
    yield "chair.dae", b'<?xml version="1.0" encoding="utf-8"?>\n<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1"><library_geometries><float_array count="900">' + b" ".join(f"{n / 7:.3f}".encode() for n in range(900)) + b"</float_array></library_geometries></COLLADA>", ["model/vnd.collada+xml"]
    yield "print.gcode", b"; thumbnail begin 220x124 9000\n" + b"".join(b"; " + line + b"\n" for line in base64.encodebytes(png((50, 50))).split()) + b"; thumbnail end\nG28\n" + b"".join(f"G1 X{n / 10:.3f} Y{n / 7:.3f} E{n / 100:.5f}\n".encode() for n in range(3000)), ["text/x.gcode", "text/x-gcode", "text/plain"]
    yield "print.3mf", zipped({"[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>', "_rels/.rels": b"<Relationships/>", "3D/3dmodel.model": b'<?xml version="1.0"?><model unit="millimeter"/>', "Metadata/plate_1.png": picture, "Metadata/project_settings.config": b"{}"}), ["model/3mf", "application/vnd.ms-package.3dmanufacturing-3dmodel+xml"]
    yield "board.kicad_pcb", b"(kicad_pcb (version 20240108) (generator \"pcbnew\")\n" + b"".join(f"  (segment (start {n}.5 {n}.25) (end {n}.5 {n + 1}.25) (width 0.25) (layer \"F.Cu\") (net {n % 9}))\n".encode() for n in range(300)) + b"  (embedded_files (file (name \"x.step\") (type model) (data |KLUv/WAgAQEAAA" + base64.b64encode(noise(600)) + b"|)))\n)\n", ["application/x-kicad-pcb", "text/plain"]
    yield "board.gbr", b"G04 Layer: Top*\n%FSLAX36Y36*%\n%MOMM*%\n%ADD10C,0.254*%\n" + b"".join(f"X{n * 1000:09}Y{n * 3000:09}D0{n % 3 + 1}*\n".encode() for n in range(900)) + b"M02*\n", ["application/vnd.gerber", "text/plain"]
    rows = []
    for n in range(400):
        record = struct.pack(">BHB", 16, n * 16 & 0xFFFF, 0) + noise(16, n)
        rows.append(b":" + (record + bytes([-sum(record) & 255])).hex().upper().encode() + b"\r\n")
    yield "firmware.hex", b":020000040000FA\r\n" + b"".join(rows) + b":00000001FF\r\n", ["text/plain", "application/octet-stream", "text/x-hex"]
    yield "firmware.uf2", b"".join(struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, n * 256, 256, n, 20, 0xE48BFF56) + noise(256, n) + bytes(220) + struct.pack("<I", 0x0AB16F30) for n in range(20)), OCTETS
    yield "firmware.bin", b"\xe9\4\2\x20" + struct.pack("<I", 0x40080400) + noise(16) + b"".join(struct.pack("<II", 0x3F400020 + n, 900) + noise(900, n) for n in range(4)), OCTETS


def laboratories():
    yield "notebook.ipynb", json.dumps({"cells": [{"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [{"data": {"image/png": base64.b64encode(png((60, 60), n)).decode() + "\n", "text/html": ["<div>\n", "<style scoped>\n", "</style>\n", "<table border=\"1\" class=\"dataframe\">\n"]}, "output_type": "display_data", "metadata": {}}], "source": ["df.plot()\n"]} for n in range(12)], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode(), ["application/x-ipynb+json", "application/json", *OCTETS]
    spectra = "".join(f'<spectrum index="{n}" id="scan={n}"><binaryDataArrayList count="2"><binaryDataArray encodedLength="9"><cvParam accession="MS:1000574" name="zlib compression"/><binary>{base64.b64encode(zlib.compress(struct.pack("<40d", *(k * n / 7 for k in range(40))))).decode()}</binary></binaryDataArray></binaryDataArrayList></spectrum>\n' for n in range(300))
    yield "spectra.mzML", f'<?xml version="1.0" encoding="utf-8"?>\n<mzML xmlns="http://psi.hupo.org/ms/mzml"><run><spectrumList count="300">\n{spectra}</spectrumList></run></mzML>\n'.encode(), ["application/xml", *OCTETS]
    grid = zlib.compress(struct.pack("<900f", *(n / 7 for n in range(900))))
    yield "grid.vtu", b'<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="0.1" byte_order="LittleEndian" compressor="vtkZLibDataCompressor"><UnstructuredGrid><Piece><Points><DataArray type="Float32" format="binary">\n' + base64.b64encode(struct.pack("<4I", 1, 32768, 3600, len(grid))) + base64.b64encode(grid) + b"\n</DataArray></Points></Piece></UnstructuredGrid></VTKFile>\n", ["application/xml", *OCTETS]
    yield "grid-appended.vtu", b'<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="1.0" header_type="UInt64" compressor="vtkZLibDataCompressor"><AppendedData encoding="raw">\n_' + struct.pack("<4Q", 1, 32768, 3600, len(grid)) + grid + b"\n</AppendedData></VTKFile>\n", ["application/xml", *OCTETS]
    yield "brain.nii.gz", gzip.compress(struct.pack("<i", 348) + bytes(36) + struct.pack("<8h", 3, 10, 10, 10, 1, 1, 1, 1) + bytes(292)[:288] + b"n+1\0" + bytes(4) + noise(2000)), ["application/gzip", "application/x-nifti"]
    member = lambda body: (lambda packed: b"\x1f\x8b\x08\4\0\0\0\0\0\xff\6\0BC\2\0" + struct.pack("<H", len(packed) + 25) + packed + struct.pack("<II", zlib.crc32(body), len(body)))(raw(body))
    reads = member(b"BAM\1" + struct.pack("<I", 9) + b"@HD\tVN:1\n" + struct.pack("<I", 0)) + b"".join(member(noise(3000, n)) for n in range(8)) + member(b"")
    yield "reads.bam", reads, OCTETS + ["application/gzip", "application/x-bam"]
    yield "calls.vcf.gz", b"".join(member(b"##fileformat=VCFv4.2\n" + b"chr1\t100\t.\tA\tG\t50\tPASS\t.\n" * 400) for _ in range(4)) + member(b""), ["application/gzip"]
    yield "calls.vcf", b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + b"chr1\t100\trs1\tA\tG\t50\tPASS\tDP=9\n" * 60, ["text/vcard", "text/x-vcard", "text/plain"]
    yield "reads.fastq.gz", gzip.compress(b"@r1\nACGTACGT\n+\nIIIIIIII\n" * 900), ["application/gzip", "application/x-gzip"]
    yield "genome.2bit", struct.pack("<4I", 0x1A412743, 0, 1, 0) + b"\4chr1" + struct.pack("<I", 25) + struct.pack("<4I", 8000, 0, 0, 0) + noise(2000), OCTETS
    tensor = json.dumps({"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": [900], "data_offsets": [0, 3600]}}).encode()
    yield "model.safetensors", struct.pack("<Q", len(tensor)) + tensor + noise(3600), OCTETS
    yield "model.pt", zipped({"archive/data.pkl": b"\x80\2ccollections\nOrderedDict\nq\0)Rq\1.", "archive/byteorder": b"little", "archive/data/0": noise(3600), "archive/version": b"3\n", "archive/.data/serialization_id": b"1"}, zipfile.ZIP_STORED, align=64), OCTETS
    yield "model.tflite", struct.pack("<I", 28) + b"TFL3" + noise(4000), OCTETS
    yield "model.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama" + struct.pack("<Q", 12) + b"general.name" + struct.pack("<IQ", 8, 4) + b"tiny" + noise(3000), OCTETS
    yield "model.onnx", b"\x08\x08\x12\7pytorch\x1a\0052.1.0" + b"\x3a" + varint(3000) + noise(3000), OCTETS
    yield "arrays.npz", zipped({"a.npy": b"\x93NUMPY\1\0\x76\0" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (300,), }".ljust(117) + b"\n" + noise(2400), "b.npy": b"\x93NUMPY\1\0\x76\0" + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n" + b"\x80\4N."}), OCTETS + ["application/zip"]
    yield "data.RData", gzip.compress(b"RDX3\nX\n\0\0\0\3\0\4\3\1\0\3\5\0\0\0\0\5UTF-8" + noise(900)), ["application/gzip", "application/x-r-data", *OCTETS]
    yield "capture.pcapng", struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 65535, 20) + b"".join(struct.pack("<IIIIIII", 6, 32 + 120, 0, 5, n, 120, 120) + noise(120, n) + struct.pack("<I", 152) for n in range(40)), ["application/x-pcapng", *OCTETS]
    yield "web.pcap", struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join((lambda body: struct.pack("<IIII", n, n, len(body), len(body)) + body)(noise(54, n) + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(noise(200, n) + TEXT.encode() * 30)[: 300 if n % 2 else 9000]) for n in range(30)), ["application/vnd.tcpdump.pcap"]


def packages():
    config = json.dumps({"architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ["sha256:0"]}}).encode()
    layer = tarred({"etc/": None, "etc/passwd": b"root:x:0:0::/:/bin/sh\n", "etc/.wh.old": b"", "app.py": b"print(1)\n"})
    yield "image.tar", tarred({"abc/": None, "abc/VERSION": b"1.0", "abc/json": b"{}", "abc/layer.tar": layer, "def.json": config, "manifest.json": b'[{"Config":"def.json","Layers":["abc/layer.tar"]}]', "repositories": b"{}"}), ["application/x-tar"]
    packed = gzip.compress(layer)
    yield "image-oci.tar", tarred({"blobs/": None, "blobs/sha256/": None, "blobs/sha256/" + "a" * 64: packed, "blobs/sha256/" + "b" * 64: config, "index.json": b"{}", "oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}), ["application/x-tar"]
    extension = zipped({"manifest.json": b'{"manifest_version":3,"name":"x","version":"1"}', "background.js": b"chrome.runtime.id\n", "icon.png": png()})
    yield "extension.crx", b"Cr24" + struct.pack("<II", 3, 600) + noise(600) + extension, ["application/x-chrome-extension", *OCTETS]
    yield "extension.xpi", zipped({"META-INF/cose.manifest": b"x", "META-INF/cose.sig": noise(300), "META-INF/manifest.mf": b"Manifest-Version: 1.0\n", "META-INF/mozilla.rsa": b"\x30\x82\1\0" + noise(256), "manifest.json": b"{}"}), ["application/x-xpinstall"]
    yield "extension.vsix", zipped({"extension.vsixmanifest": b"<?xml version='1.0'?><PackageManifest/>", "[Content_Types].xml": b"\xef\xbb\xbf<?xml version='1.0'?><Types/>", "extension/package.json": b"{}", "extension/out/main.js": b"exports.activate = 1\n"}), ["application/vsix", "application/zip", *OCTETS]
    yield "library.nupkg", zipped({"_rels/.rels": b"<Relationships/>", "Library.nuspec": b"<?xml version='1.0'?><package/>", "[Content_Types].xml": b"<?xml version='1.0'?><Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>", ".signature.p7s": b"\x30\x82\1\0" + noise(256)}), OCTETS + ["application/zip"]
    yield "library.gem", tarred({"metadata.gz": gzip.compress(b"--- !ruby/object:Gem::Specification\nname: x\n"), "data.tar.gz": gzip.compress(tarred({"lib/x.rb": b"X = 1\n"})), "checksums.yaml.gz": gzip.compress(b"---\n")}, form=tarfile.USTAR_FORMAT), OCTETS + ["application/x-tar"]
    yield "library.crate", gzip.compress(tarred({"x-1.0.0/Cargo.toml": b"[package]\n", "x-1.0.0/src/lib.rs": b"pub fn x() {}\n"})), ["application/gzip", "application/x-tar", *OCTETS]
    yield "library.conda", zipped({"metadata.json": b'{"conda_pkg_format_version": 2}'}, zipfile.ZIP_STORED), OCTETS
    yield "module.jmod", b"JM\1\0" + zipped({"classes/module-info.class": b"\xca\xfe\xba\xbe\0\0\0\x3d" + noise(60)}), OCTETS + ["application/x-jmod"]
    yield "package.apk", gzip.compress(tarred({".SIGN.RSA.x.rsa.pub": noise(256)}).rstrip(b"\0").ljust(1024, b"\0")) + gzip.compress(tarred({".PKGINFO": b"pkgname = x\n"})[:1024]) + gzip.compress(tarred({"usr/": None, "usr/x": b"x\n"})), ["application/vnd.android.package-archive", "application/gzip", *OCTETS]
    yield "game.love", zipped({"main.lua": b"function love.draw() end\n", "conf.lua": b"x = 1\n"}), ["application/x-love-game", *OCTETS]
    yield "game.sb3", zipped({"project.json": b'{"targets":[]}', "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>', "b.wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88\x58\1\0\2\0\x10\0data\0\0\0\0"}), ["application/x.scratch.sb3", *OCTETS]
    yield "world.mcworld", zipped({"level.dat": b"\x0a\0\0\0\x20\0\0\0" + noise(60), "db/CURRENT": b"MANIFEST-000004\n", "levelname.txt": b"World"}), OCTETS + ["application/zip"]
    chunks = b"".join((struct.pack(">IB", len(body) + 1, 2) + body).ljust(4096, b"\0") for body in (zlib.compress(noise(900, n) + bytes(3000)) for n in range(6)))
    yield "region.mca", b"".join(struct.pack(">I", (n + 2) << 8 | 1) for n in range(6)).ljust(4096, b"\0") + bytes(4096) + chunks, OCTETS
    yield "level.dat", gzip.compress(b"\x0a\0\0\x0a\0\4Data" + noise(300)), OCTETS + ["application/gzip"]
    yield "site.wacz", zipped({"archive/data.warc.gz": gzip.compress(b"WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-01-02T03:04:05Z\r\nContent-Length: 8\r\n\r\nsoftware\r\n\r\n"), "indexes/index.cdx.gz": gzip.compress(b"com,example)/ 2026 {}\n"), "datapackage.json": b"{}", "pages/pages.jsonl": b"{}\n"}, zipfile.ZIP_STORED), OCTETS + ["application/wacz", "application/zip"]
    yield "settings.reg", "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\X]\r\n\"a\"=hex:01,02,03,\\\r\n  04,05\r\n".encode("utf-16"), ["text/plain", *OCTETS]


def every():
    for family in (workshops, laboratories, packages):
        for name, body, types in family():
            yield f"{family.__name__}-{name}", body, types
