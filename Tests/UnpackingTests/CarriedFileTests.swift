import TestKit
import Testing

@testable import Unpacking

/// Files that media, fonts, icons, programs, Git and shell scripts carry.
@Suite(.timeLimit(.minutes(1))) struct CarriedFileTests {
    static let payload = "what is carried, and nothing else"
    private static let samples = """
        import os
        import struct, zlib
        sys.dont_write_bytecode = True; sys.path.insert(0, os.environ['ZOO'])
        import carried, formats
        payload = b'what is carried, and nothing else'

        """

    /// What all forms of a layer give, down to the last.
    static func parts(of bytes: [UInt8], level: Int = 0) throws -> [[UInt8]] {
        guard level < 3 else { return [] }
        return try bytes.sightings().flatMap { sighting -> [[UInt8]] in
            let mark = sighting.range.lowerBound
            if sighting.form == .apeTag {
                return OpenedParts(bytes) { slice throws(UnpackingError) in try APEItems(slice, at: mark) }.contents
            }
            if sighting.form == .photoshop {
                return OpenedParts(bytes) { slice throws(UnpackingError) in try PhotoshopObjects(slice, at: mark) }
                    .contents
            }
            if sighting.form == .pyInstaller {
                return OpenedParts(bytes) { slice throws(UnpackingError) in try PyInstallerOpener(slice, at: mark) }
                    .contents
            }
            let layer = Array(bytes[Int(sighting.range.lowerBound)..<Int(sighting.range.upperBound)])
            guard let opened = try open(sighting.form, layer) else { return [] }
            if let error = opened.error { throw error }
            return try opened.contents + opened.contents.flatMap { try parts(of: $0, level: level + 1) }
        }
    }

    private static func open(_ form: ContainerForm, _ layer: [UInt8]) throws -> OpenedParts? {
        switch form {
        case .asar: OpenedParts(layer) { slice throws(UnpackingError) in try AsarOpener(slice) }
        case .matroskaAttachments: OpenedParts(layer) { slice throws(UnpackingError) in try MatroskaAttachments(slice) }
        case .isoMedia: OpenedParts(layer) { slice throws(UnpackingError) in try ISOMediaItems(slice) }
        case .id3: OpenedParts(layer) { slice throws(UnpackingError) in try ID3Objects(slice) }
        case .riff: OpenedParts(layer) { slice throws(UnpackingError) in try RIFFFiles(slice) }
        case .universalBinary: OpenedParts(layer) { slice throws(UnpackingError) in try UniversalBinary(slice) }
        case .bootImage: OpenedParts(layer) { slice throws(UnpackingError) in try BootImageOpener(slice) }
        case .palmDatabase: OpenedParts(layer) { slice throws(UnpackingError) in try PalmDatabase(slice) }
        case .gResource: OpenedParts(layer) { slice throws(UnpackingError) in try GResourceOpener(slice) }
        case .dicomDocument: OpenedParts(layer) { slice throws(UnpackingError) in try DICOMDocument(slice) }
        case .asf: OpenedParts(layer) { slice throws(UnpackingError) in try ASFAttributes(slice) }
        case .photoshopResources: OpenedParts(layer) { slice throws(UnpackingError) in try PhotoshopResources(slice) }
        case .jpegSegments: OpenedParts(layer) { slice throws(UnpackingError) in try JPEGSegments(slice) }
        case .tiffEntries: OpenedParts(layer) { slice throws(UnpackingError) in try TIFFEntries(slice) }
        case .gifExtensions: OpenedParts(layer) { slice throws(UnpackingError) in try GIFExtensions(slice) }
        case .pngText: OpenedParts(layer) { slice throws(UnpackingError) in try PNGTextOpener(slice) }
        case .xmp: OpenedParts(layer) { slice throws(UnpackingError) in try XMPPacket(slice) }
        case .textBase64: OpenedParts(layer) { slice throws(UnpackingError) in try CarriedDataOpener(slice) }
        case .firmware: OpenedParts(layer) { slice throws(UnpackingError) in try FirmwareImages(slice) }
        case .dosPostScript: OpenedParts(layer) { slice throws(UnpackingError) in try DOSPostScript(slice) }
        case .http: OpenedParts(layer) { slice throws(UnpackingError) in try HTTPMessages(slice) }
        case .writtenBytes: OpenedParts(layer) { slice throws(UnpackingError) in try WrittenBytesOpener(slice) }
        case .textPatch: OpenedParts(layer) { slice throws(UnpackingError) in try TextPatch(slice) }
        case .flac: OpenedParts(layer) { slice throws(UnpackingError) in try FLACPictures(slice) }
        case .ogg: OpenedParts(layer) { slice throws(UnpackingError) in try OggPictures(slice) }
        case .webFont: OpenedParts(layer) { slice throws(UnpackingError) in try WebFont(slice) }
        case .flash where layer.first == 0x46:
            OpenedParts(layer) { slice throws(UnpackingError) in try FlashTags(slice) }
        case .flash: OpenedParts(layer) { slice throws(UnpackingError) in FlashOpener(slice) }
        case .flashVideo: OpenedParts(layer) { slice throws(UnpackingError) in try FlashVideo(slice) }
        case .thermalRecords: OpenedParts(layer) { slice throws(UnpackingError) in try ThermalRecords(slice) }
        case .wasmSections: OpenedParts(layer) { slice throws(UnpackingError) in try WasmSections(slice) }
        case .lzma86: OpenedParts(layer) { slice throws(UnpackingError) in LZMA86Opener(slice) }
        case .icon: OpenedParts(layer) { slice throws(UnpackingError) in try IconImages(slice) }
        case .peResources: OpenedParts(layer) { slice throws(UnpackingError) in try PEResources(slice) }
        case .elfSections: OpenedParts(layer) { slice throws(UnpackingError) in try ELFSections(slice) }
        case .gitPatch: OpenedParts(layer) { slice throws(UnpackingError) in GitPatchOpener(slice) }
        case .gitExport: OpenedParts(layer) { slice throws(UnpackingError) in try GitExportOpener(slice) }
        case .gitObject: OpenedParts(layer) { slice throws(UnpackingError) in try GitObjectOpener(slice) }
        case .hereDocuments: OpenedParts(layer) { slice throws(UnpackingError) in try HereDocuments(slice) }
        case .subversionDump: OpenedParts(layer) { slice throws(UnpackingError) in try SubversionDump(slice) }
        case .revisionTexts: OpenedParts(layer) { slice throws(UnpackingError) in RevisionTexts(slice) }
        case .zlib: OpenedParts(layer) { slice throws(UnpackingError) in ZlibOpener(slice) }
        default: nil
        }
    }

    static func sample(_ script: String) throws -> [UInt8] { try written("out.write(\(script))") }

    /// What a script writes to `out`.
    static func written(_ script: String) throws -> [UInt8] {
        let zoo = Project.fixture("zoo")
        return try Samples.python("import os, sys\nos.environ['ZOO'] = '\(zoo)'\n" + samples + script)
    }

    private static let carriers = [
        "carried.new_executable(payload)", "carried.managed(payload)",
        "b'before it' * 90 + carried.enclosed.universal(payload)",
        "carried.asar([('a', b'first'), ('b', payload)])", "carried.matroska(payload)", "carried.heif(payload)",
        "carried.heif(payload, b'uri ')", "carried.mp4_cover(payload)", "carried.mp3(carried.id3(payload, 2))",
        "carried.mp3(carried.id3(payload, 3))", "carried.mp3(carried.id3(payload, 4))",
        "carried.id3(payload, 3, packed=True)", "carried.id3(payload, 4, packed=True)", "carried.flac(payload)",
        "carried.ogg(payload)", "carried.ogg(payload, b'metadata_Block_picture')", "carried.ogg(payload, b'coverart')",
        "carried.flac_comments(payload)", "carried.flac_comments(payload, b'CoverArt')",
        "carried.flac_comments(payload, b'metadata_block_picture', lost=40)",
        "b'\\x7f' * 700 + carried.matroska(payload)",
        "b'RIFF' + bytes(80) + carried.id3(payload)",
        "carried.woff([(b'zoo ', payload)], payload)", "carried.woff2(payload)", "carried.swf(payload)",
        "carried.swf(payload, b'C')", "carried.swf(payload, b'Z')", "carried.ico([formats.png(), payload])",
        "carried.icns([(b'ic07', formats.png()), (b'zoo ', payload)])", "carried.pe([(10, payload)])",
        "carried.pe([('ZOO', payload), (2, bytes(90))])", "carried.elf([('.text', 6, b'1'), ('files', 0, payload)])",
        "carried.elf([('.debug_zoo', 0x800, carried.packed_section(payload))])",
        "carried.git_files(payload)['binary.patch']", "carried.git_files(payload)['export.git']",
        "carried.git_files(payload)['loose-object']", "carried.subversion(payload)",
        "carried.revision(payload)", "carried.ape(payload)", "carried.ape(payload, False)",
        "carried.pyinstaller(payload)",
        "carried.git_files(payload)['binary.patch'].replace(b'\\n', b'\\r\\n')",
    ]

    @Test func `every further form gives its file`() throws {
        let names = try Self.written(
            """
            import enclosed
            every, others = enclosed.every_enclosure(payload, carried.brotli), ('encoded.warc', 'packed.http')
            out.write('\\n'.join(name for name in every if name not in others).encode())
            """)
        for name in String(decoding: names, as: UTF8.self).split(separator: "\n") {
            let bytes = try Self.written(
                """
                import enclosed
                out.write(enclosed.every_enclosure(payload, carried.brotli)['\(name)'])
                """)
            #expect(try Self.parts(of: bytes).contains(Array(Self.payload.utf8)), "\(name)")
        }
    }

    @Test(arguments: ["pictures.every_picture", "firmware.every_image"])
    func `every value of a picture and every part of firmware is a part`(builder: String) throws {
        let names = try Self.written(
            "import pictures, firmware\nout.write('\\n'.join(\(builder)(payload)).encode())")
        for name in String(decoding: names, as: UTF8.self).split(separator: "\n") {
            let bytes = try Self.written("import pictures, firmware\nout.write(\(builder)(payload)['\(name)'])")
            #expect(try Self.parts(of: bytes).contains(Array(Self.payload.utf8)), "\(name)")
        }
    }

    @Test(arguments: carriers) func `a carried file is a part`(script: String) throws {
        let parts = try Self.parts(of: try Self.sample(script))
        #expect(parts.contains(Array(Self.payload.utf8)))
    }

    @Test(arguments: [3, 4]) func `zeros that were put behind FF are taken out of a tag`(version: Int) throws {
        let bytes = try Self.sample("carried.id3(b'\\xff\\0\\xff\\xe0' * 9, \(version), zeros=True)")
        let expected: [[UInt8]] = [(0..<9).flatMap { _ in [0xFF, 0, 0xFF, 0xE0] }]
        // Only zeros behind FF were put in: the payload's own follow one.
        let given = try Self.parts(of: bytes)
        #expect(given.map { $0.filter { $0 != 0 } } == expected.map { $0.filter { $0 != 0 } })
    }

    @Test func `a font that was packed is whole again`() throws {
        let tables = "[(b'aaaa', bytes(300)), (b'bbbb', b'short'), (b'cccc', b'text ' * 50)]"
        let packed = try Self.sample("carried.woff(\(tables))")
        #expect(try Self.parts(of: packed) == [try Self.sample("carried.sfnt(\(tables))")])
    }

    @Test func `here-documents are files`() throws {
        func texts(_ script: String) throws -> [String] {
            try Self.parts(of: Array(script.utf8)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(
            try texts("# sh\nsed 's/^X//' << 'END' > a\nXone\nXXtwo\nEND\nsed 's/^X//' >b <<'X'\nXb\nX\n") == [
                "one\nXtwo\n", "b\n",
            ])
        #expect(try texts("#!/bin/sh\ncat > a <<EOF\none\nEOF \ntwo\nEOF\n") == ["one\nEOF \ntwo\n"])
        #expect(try texts("#!/bin/bash\ncat <<-\"E F\" >> a\n\tone\n\tE F\necho\n") == ["one\n"])
        #expect(try texts("#!/bin/sh\ntee a <<EOF\nby a command\nEOF\nx=$((1 << 2))\n") == ["by a command\n"])
        #expect(try texts("#!/bin/sh\ncat > a << EOF\nnever ends\n") == ["never ends\n"])
    }

    @Test(arguments: [
        "x=$((1<<2)) > b", "x=$(( (1 << 2) << 3 )); echo $x > b", "(( x <<= y )) && echo > b", "grep a <<< \"$b\" > c",
        "# cat << Z > b", "echo 'cat << Z' > b", "echo \"it\\\"s << Z\" > b",
    ])
    func `what only looks like a here-document swallows none`(line: String) throws {
        let script = "#!/bin/sh\n\(line)\ncat > a << EOF\none\nEOF\n"
        let parts = try Self.parts(of: Array(script.utf8)).map { String(decoding: $0, as: UTF8.self) }
        #expect(parts.contains("one\n"))
    }

    @Test func `a shift takes no text, and two documents of a line follow one another`() throws {
        func texts(_ script: String) throws -> [String] {
            try Self.parts(of: Array(script.utf8)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(try texts("#!/bin/sh\nx=$((1<<2)) > b\n2\nrest\n") == [])
        #expect(try texts("#!/bin/sh\ncat <<A >b; cat <<-'B' >c\none\nA\n\ttwo\n\tB\n") == ["one\n", "two\n"])
        // Not arithmetic: the parentheses are those of two commands.
        #expect(try texts("#!/bin/sh\n((cat <<A) | (cat > b))\none\nA\n") == ["one\n"])
        // A word in the middle of a line that is longer than a piece.
        let long = String(repeating: "a", count: 8180)
        for count in stride(from: 8160, through: 8200, by: 8) {
            let line = String(repeating: "a", count: count)
            #expect(try texts("#!/bin/sh\n: \(line); cat > b <<END\none\nEND\n") == ["one\n"])
        }
        let many = "#!/bin/sh\n" + String(repeating: "cat <<E\n\(long)\n", count: 400)
        #expect(throws: UnpackingError.self) { try texts(many) }
    }

    @Test func `a long preamble does not hide data of Git or texts of RCS`() throws {
        let comments = String(repeating: "# words\n", count: 9000)
        let stream = "reset refs/heads/a\n\(comments)blob\nmark :1\ndata 9\nwhat is 1\n"
        #expect(try Self.parts(of: Array(stream.utf8)) == [Array("what is 1".utf8)])
        let blanks = String(repeating: " \n", count: 40_000)
        for head in ["head\(blanks)1.1;\naccess;", "\(blanks)head 1.1 ; access ;", "head 1.2;\(blanks)branch 1.1.1;"] {
            let text = "\(head)\ndesc @@\n1.1 log @a@ text @what is 1@\n"
            #expect(try Self.parts(of: Array(text.utf8)).contains(Array("what is 1".utf8)))
        }
        for text in [
            "head 1.1 of this text; access to it", "tag line\nwith words\ndata 9 are here\n", "data 9\nwhat is 1\n",
        ] {
            #expect(try Array(text.utf8).sightings() == [])
        }
    }

    @Test func `pictures of each stream of an Ogg are parts`() throws {
        // One stream behind the end of another one, with the same number; and damage between the two.
        let script = "carried.ogg(b'first') + JUNK + carried.ogg(payload)"
        for junk in ["b''", "b'\\0' * 7", "b'OggS'", "bytes(70000)"] {
            let parts = try Self.parts(of: try Self.sample(script.replacing("JUNK", with: junk)))
            #expect(parts == [Array("first".utf8), Array(Self.payload.utf8)], "\(junk)")
        }
        let damaged = try Self.sample("(carried.ogg(b'a')[:28] + b'damage') * 5000")
        #expect(throws: UnpackingError.self) { try Self.parts(of: damaged) }
    }

    @Test func `items that are made of others, and boxes that are too deep, are no proof`() throws {
        let item = try Self.sample("carried.heif(payload).replace(b'iloc\\0\\0\\0\\0\\x44', b'iloc\\1\\0\\0\\0\\x44')")
        #expect(item != (try Self.sample("carried.heif(payload)")))
        let script = """
            iloc = carried.box(b'iloc', b'\\1\\0\\0\\0\\x44\\0\\0\\1' + bytes([0, 1, 0, METHOD, 0, 0, 0, 1]) + bytes(8))
            meta = bytes(4) + carried.box(b'hdlr', bytes(25)) + iloc
            out.write(carried.box(b'ftyp', b'heic' + bytes(4)) + carried.box(b'meta', meta))
            """
        func written(_ script: String) throws -> [UInt8] { try Self.written(script) }
        #expect(throws: UnpackingError.self) { try Self.parts(of: try written(script.replacing("METHOD", with: "2"))) }
        _ = try Self.parts(of: try written(script.replacing("METHOD", with: "0")))
        let deep = """
            data = carried.box(b'uuid', bytes(16) + payload)
            for _ in range(COUNT): data = carried.box(b'moov', data)
            out.write(carried.box(b'ftyp', b'isom') + data)
            """
        #expect(throws: UnpackingError.self) { try Self.parts(of: try written(deep.replacing("COUNT", with: "40"))) }
        let shallow = try Self.parts(of: try written(deep.replacing("COUNT", with: "30")))
        #expect(shallow.contains(Array(Self.payload.utf8)))
    }

    @Test func `all entries of a file of Macintosh are parts`() throws {
        let script = """
            rows = b''.join(struct.pack('>III', 2, 26 + 12 * 400 + 5 * n, 5) for n in range(400))
            head = bytes([0, 5, 0x16, 7, 0, 2, 0, 0]) + bytes(16) + struct.pack('>H', 400)
            out.write((head + rows + b''.join(b'%05d' % n for n in range(400)))[:CUT])
            """
        func parts(_ cut: String) throws -> OpenedParts {
            let bytes = try Self.written("import struct\n" + script.replacing("CUT", with: cut))
            #expect(try bytes.sightings().map(\.form).contains(.macForks))
            return OpenedParts(bytes) { slice throws(UnpackingError) in try MacForksOpener(slice) }
        }
        #expect(try parts("None").texts == (0..<400).map { String("0000\($0)".suffix(5)) })
        #expect(try parts("4000").error?.code == .truncated)
    }

    @Test func `data up to a line are data of a stream of Git`() throws {
        let stream =
            "blob\nmark :1\ndata <<END\none\ntwo\nEND\ncommit refs/heads/a\ndata 8\nmessage\nM 644 inline b\ndata 3\nabc\n"
        let parts = try Self.parts(of: Array(stream.utf8))
        #expect(parts.map { String(decoding: $0, as: UTF8.self) } == ["one\ntwo\n", "abc"])
    }

    @Test(arguments: [
        "carried.asar([('a', payload)])[:-3]", "carried.matroska(payload)[:-3]", "carried.swf(payload, b'C')[:-9]",
        "carried.swf(payload, b'Z')[:-9]", "carried.woff([(b'zoo ', bytes(500))])[:-5]",
        "zlib.decompress(carried.git_files(payload)['loose-object'])[:-1]",
        "b'blob\\ndata 99\\nshort\\n'", "b'wOFF' + bytes(9) + bytes([1]) + bytes(34)",
    ])
    func `a container that is cut is no proof`(script: String) throws {
        let bytes = try Self.sample(script)
        #expect(throws: UnpackingError.self) { try Self.parts(of: bytes) }
    }

    @Test(arguments: [
        "b'fLaC\\0\\0\\0\\x22' + bytes(34) + b'\\x82\\0\\0\\1x'", "b'ID3\\2\\0\\0\\0\\0\\0\\7PIC\\0\\0\\1x'",
    ])
    func `a block or a frame that is too short for its kind has no part`(script: String) throws {
        #expect(try Self.parts(of: try Self.sample(script)) == [])
    }

    @Test func `a hash of many digits in the directory of an asar is no number`() throws {
        let file = #"{"size":3,"integrity":{"hash":"12345678901234567890ab"},"offset":"7"}"#
        var directory = AsarDirectory(Array(#"{"files":{"a":\#(file)}}"#.utf8))
        let found = try directory.next()
        #expect(found?.size == 3)
        #expect(found?.offset == 7)
        #expect(found?.name == Array("a".utf8))
    }

    @Test func `a text of RCS goes on behind two marks at the end of a block`() throws {
        let start = String(repeating: "a", count: 65_535)
        let parts = try Self.parts(of: Array("head 1.1;\naccess;\n@\(start)@@b@\n".utf8))
        #expect(parts.contains(Array("\(start)@b".utf8)))
    }

    @Test func `bytes of an asar that belong to no file are left over`() throws {
        let bytes = try Self.sample("carried.asar([('a', b'first')]) + b'behind the last'")
        let file = MemoryFile(bytes)
        var opener = try AsarOpener(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
        while try opener.next() != nil {}
        #expect(opener.unaccounted == [Int64(bytes.count - 15)..<Int64(bytes.count)])
        withExtendedLifetime(file) {}
    }

    @Test(arguments: [
        "b'ID3 tags are described here'", "b'\\x01' * 99 + b'ID3\\x03\\0\\0\\x7f\\x7f\\x7f\\x7f' + bytes(60)",
        "b'fLaC is a mark'", "b'MZ is the mark of a program'", "b'FWS and CWS'",
        "bytes([0, 0, 1, 0]) + bytes(60)", "bytes([0, 0, 2, 0, 0, 0]) + bytes(60)", "b'blob\\nand words\\n' * 9",
        "b'blob 12 words'", "b'#!/usr/bin/python3\\nprint(1 << 2)\\n'", "b'\\x19\\x41\\xa4\\x69' + bytes(40)",
    ])
    func `bytes that resemble a mark are none`(script: String) throws {
        #expect(try Self.sample(script).sightings() == [])
    }
}
