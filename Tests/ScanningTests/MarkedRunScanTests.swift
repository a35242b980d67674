import Domain
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

/// Files in base64 that nothing but their magic number announces, and texts that quote such numbers.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct MarkedRunScanTests {
    private static let script = """
        import base64, bz2, gzip, hashlib, io, lzma, struct, zipfile, zlib

        noise = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(40))

        def zipped(body):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("member", body)
            return out.getvalue()

        def b64(body):
            return base64.b64encode(body).decode()

        dos = b"MZ" + bytes.fromhex("900003000000040000 00ffff0000b800000000000000400000".replace(" ", "")) + bytes(36)
        dos += struct.pack("<I", 128) + b"\\x0e\\x1f\\xba\\x0e\\0\\xb4\\x09\\xcd!\\xb8\\1L\\xcd!"
        dos += b"This program cannot be run in DOS mode.\\r\\r\\n$"
        dos = dos.ljust(128, b"\\0") + b"PE\\0\\0\\x4c\\1\\3\\0" + bytes(12) + struct.pack("<HH", 224, 0x10F)
        elf = b"\\x7fELF\\2\\1\\1" + bytes(9)
        elf += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400000, 64, 9000, 0, 64, 56, 9, 64, 30, 29)

        """

    private static func verdict(of expression: String, _ fixture: ScannerFixture) async throws -> Verdict {
        let bytes = try python(script + "sys.stdout.buffer.write((\(expression)).encode())\n", input: eicar)
        return Verdict(of: try await fixture.scan(bytes).findings)
    }

    @Test func `a file in a text is opened whatever stands around it`() async throws {
        let fixture = try await ScannerFixture()
        for file in ["zipped(noise + data)", "gzip.compress(data)", "bz2.compress(data)", "lzma.compress(data)"] {
            for expression in [
                "'1,' + b64(\(file)) + ',x\\n'", "'a: {b: ' + b64(\(file)) + '}'",
                "'{\"f\": \"' + b64(\(file)) + '\"}'",
                "'MSH|^|A\\rOBX|1|ED|x||^zip^Base64^' + b64(\(file)) + '|||'", "'a=`' + b64(\(file)) + '`;'",
            ] { #expect(try await Self.verdict(of: expression, fixture) == .infected, "\(expression)") }
        }
        let qt = "'<a ImageData=\"' + b64(struct.pack('>I', len(data)) + zlib.compress(data)) + '\"/>'"
        #expect(try await Self.verdict(of: qt, fixture) == .infected)
        _ = await fixture.scanners.stop()
    }

    @Test func `a text about formats quotes their first bytes`() async throws {
        let fixture = try await ScannerFixture()
        for file in [
            "zipped(noise)", "gzip.compress(noise)", "bz2.compress(noise)", "lzma.compress(noise)", "dos", "elf",
            "b'%PDF-1.7\\n%\\xe2\\xe3\\xcf\\xd3\\n' + b'1 0 obj\\n<</Type/Catalog>>\\nendobj\\n2 0 obj\\n<</Type/Pages>>'",
            "b'{\\\\rtf1\\\\ansi\\\\deff0{\\\\fonttbl{\\\\f0\\\\fnil Arial;}}\\\\viewkind4\\\\uc1\\\\pard one and two' * 3",
            "b'7z\\xbc\\xaf\\x27\\x1c\\0\\4' + noise", "b'Rar!\\x1a\\7\\1\\0' + noise",
            "bytes.fromhex('d0cf11e0a1b11ae1') + bytes(16) + b'>\\0\\3\\0\\xfe\\xff\\x09\\0' + bytes(400)",
            "b'<!DOCTYPE html><html><head><title>words and more words</title></head><body>' * 2",
        ] {
            for length in [30, 45, 66, 90, 180] {
                // Of these, readers find more behind a cut.
                if length > 90, file.hasPrefix("b'7z") || file.hasPrefix("b'Rar") { continue }
                let cut = "b64((\(file))[:\(length)]).rstrip('=')"
                for expression in [
                    "'| magic | `' + \(cut) + '` |\\n'", "'rule a { strings: $a = \"' + \(cut) + '\" }'",
                ] {
                    #expect(try await Self.verdict(of: expression, fixture) == .clean, "\(expression)")
                }
            }
        }
        _ = await fixture.scanners.stop()
    }
}
