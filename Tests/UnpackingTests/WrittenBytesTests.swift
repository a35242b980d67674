import TestKit
import Testing

@testable import Unpacking

/// Files that texts have as digits or behind escapes, and texts that have none.
@Suite(.timeLimit(.minutes(1))) struct WrittenBytesTests {
    private static let samples = #"""
        import base64, io, os, zipfile, zlib
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, 'w') as archive:
            archive.writestr(zipfile.ZipInfo('a.bin'), bytes(range(256)) * 9)
        file = whole.getvalue()
        digits = file.hex()

        def lines(text, length, before='', after='\n'):
            return ''.join(before + text[i:i + length] + after for i in range(0, len(text), length))

        def dump(line):
            return ''.join(line(i, file[i:i + 16]) for i in range(0, len(file), 16))

        def shown(row):
            return ''.join(chr(b) if 32 < b < 127 else '.' for b in row)

        def xxd(offset, row):
            pairs = ' '.join(row[i:i + 2].hex() for i in range(0, len(row), 2))
            return f'{offset:08x}: {pairs:39}  {shown(row)}\n'

        def hexdump(offset, row):
            return f"{offset:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}".ljust(60) + f'|{shown(row)}|\n'

        def certutil(offset, row):
            return f"{offset:04x}\t{row[:8].hex(' ')}  {row[8:].hex(' ')}".ljust(60) + f'{shown(row)}\n'

        def registry(value):
            pairs = [f'{b:02x}' for b in value]
            rows = [','.join(pairs[i:i + 25]) for i in range(0, len(pairs), 25)]
            return ',\\\r\n  '.join(rows)

        def mysql(value):
            names = {0: b'\\0', 10: b'\\n', 13: b'\\r', 26: b'\\Z', 34: b'\\"', 39: b"\\'", 92: b'\\\\'}
            return b''.join(names.get(b, bytes([b])) for b in value)

        def octal(value, mark):
            return b''.join(
                mark * 2 if b == 92 else bytes([b]) if 32 <= b < 127 and b != 39 else mark + b'%03o' % b for b in value)

        def eexec(value):
            key, out = 55665, bytearray()
            for byte in b'0123' + value:
                cipher = byte ^ key >> 8
                key = ((cipher + key) * 52845 + 22719) & 0xFFFF
                out.append(cipher)
            return bytes(out)

        ps = b'%!PS\n/Courier findfont 9 scalefont setfont 9 99 moveto\ncurrentfile '
        a85 = base64.a85encode(file, wrapcol=72)
        texts = {
            'xxd': dump(xxd), 'hexdump': dump(hexdump) + f'{len(file):08x}\n', 'certutil': dump(certutil),
            'plain': lines(digits, 60), 'delphi': 'object F: TForm\n  Data = {\n' + lines(digits, 64, '    ') + '}\nend\n',
            'plist': '{ a = <' + lines(digits, 8, '', ' ') + '>; }',
            'dxf': '  0\nSECTION\n' + lines(digits, 62, '310\n') + '  0\nEOF\n',
            'sql': "INSERT INTO t VALUES (X'" + digits + "');\n", 'number': 'VALUES (0x' + digits.upper() + ');\n',
            'registry': 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_X]\r\n"a"=hex:' + registry(file) + '\r\n',
            'mysql': b"-- MySQL dump 10.13\nINSERT INTO t VALUES (1,_binary '" + mysql(file) + b"',2);\n",
            'copy': b'-- PostgreSQL database dump\nCOPY t (d) FROM stdin;\n1\t' + octal(file, b'\\\\') + b'\t2\n\\.\n',
            'octal': b"-- PostgreSQL database dump\nINSERT INTO t VALUES ('" + octal(file, b'\\') + b"');\n",
            'ascii85': b'see <~' + a85 + b'~> for it', 'filter': ps + b'/ASCII85Decode filter cvx exec\n' + a85 + b'~>\n',
            'hexadecimal': ps + b'/ASCIIHexDecode filter cvx exec\n' + digits.encode() + b'>\n',
            'eexec': ps + b'eexec\n' + lines(eexec(file).hex(), 64).encode(),
        }
        packed = eexec(file)
        pfb = b'%!PS-AdobeFont-1.0: X\ncurrentfile eexec\n'
        texts['pfb'] = (b'\x80\x01' + len(pfb).to_bytes(4, 'little') + pfb
            + b'\x80\x02' + len(packed).to_bytes(4, 'little') + packed + b'\x80\x03')

        """#

    private static func sample(_ value: String) throws -> [UInt8] {
        try Samples.python(
            samples + "value = \(value)\nout.write(value if isinstance(value, bytes) else value.encode())")
    }

    private static func opened(_ bytes: [UInt8]) throws -> OpenedParts {
        #expect(try bytes.sightings().contains { $0.form == .writtenBytes })
        let opened = OpenedParts(bytes) { slice throws(UnpackingError) in try WrittenBytesOpener(slice) }
        if let error = opened.error { throw error }
        return opened
    }

    @Test(arguments: [
        "xxd", "hexdump", "certutil", "plain", "delphi", "plist", "dxf", "sql", "number", "registry", "mysql", "copy",
        "octal", "ascii85", "filter", "hexadecimal", "eexec", "pfb",
    ])
    func `a file in a text has its bytes`(name: String) throws {
        let file = try Self.sample("file")
        let contents = try Self.opened(try Self.sample("texts['\(name)']")).contents
        // What is encrypted as it is has no end of its own.
        #expect(contents.contains { name == "pfb" ? $0.starts(with: file) : $0 == file })
    }

    @Test func `values of a registry are one part, and texts among them have no zeros`() throws {
        let text =
            "REGEDIT4\r\n\r\n[X]\r\n\"a\"=hex:61,62,\\\r\n  63\r\n\"b\"=hex(2):64,00,65,00,66,00,00,00\r\n\"c\"=\"d\"\r\n"
        #expect(try Self.opened(Array(text.utf8)).texts == ["abc\ndef\0\n"])
    }

    @Test func `a long value of a registry on one line is whole`() throws {
        let text = "REGEDIT4\n\"a\"=hex:" + String(repeating: "61,", count: 9000) + "62\n"
        #expect(try Self.opened(Array(text.utf8)).texts == [String(repeating: "a", count: 9000) + "b\n"])
    }

    @Test func `each of several files is a part`() throws {
        let bytes = try Self.sample("texts['delphi'] + texts['plist'] + '\\n' + texts['xxd']")
        let file = try Self.sample("file")
        #expect(try Self.opened(bytes).contents == [file, file, file])
    }

    @Test(arguments: [
        "'digest ' + digits[8:72]", "'PK\\x03\\x04 is 504b0304 in digits'", "'4d5a ' * 4000", "'it\\'s \\\\0 here'",
        "'a <~ b and c ~> d'", "ps + b'/ASCII85Decode filter /DCTDecode filter def\\n'", "ps + b'eexec'",
        "'the key eexec is\\nPK\\\\tno'", "lines('0123456789abcdef' * 20, 32)", "b'\\n'.join([b'PK'] * 3000)",
        "'hex:50,4b,03,04\\n'",
    ])
    func `a text without a file has no part`(script: String) throws {
        #expect(try !Self.sample(script).sightings().contains { $0.form == .writtenBytes })
    }

    @Test func `the text of a book is unpacked and joined`() throws {
        let book = try Samples.python(
            #"""
            first = bytes([0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 16, 0, 0, 0, 0, 0])
            records = [first, b'one two\x80\x38\xf4', b'\x02\x81\x82end', b'x']
            head = b'book'.ljust(60, b'\0') + b'TEXtREAd' + bytes(8) + len(records).to_bytes(2, 'big')
            place = len(head) + 8 * len(records)
            for number, one in enumerate(records):
                head += place.to_bytes(4, 'big') + number.to_bytes(4, 'big')
                place += len(one)
            out.write(head + b''.join(records))
            """#)
        let opened = OpenedParts(book) { slice throws(UnpackingError) in try PalmDatabase(slice) }
        #expect(opened.error == nil)
        #expect(opened.contents.last == Array("one twoone t".utf8) + [0x81, 0x82] + Array("end".utf8))
    }
}
