import CShims
import Glibc
import ScanProtocol
import Unpacking

extension SignaturePlan {
    /// The longest row that libclamav reads in one piece (`FILEBUFF`), less than it in bytes.
    private static let longestBody = 8000
    /// `CLI_DEFAULT_LSIG_BUFSIZE`
    private static let longestLogical = 32_000
    private static let blockLength = 1 << 20
    /// Of a signed database: the header before the archive.
    private static let headerLength: Int64 = 512
    private static let unpackingLimit: Int64 = 8 << 30

    /// Plans the signatures of a folder. Files that hold no patterns are not read.
    ///
    /// - Parameter scratch: the folder in which signed databases are unpacked.
    init(files: [String], in folder: String, scratch: String) {
        self.init()
        for file in files where obstacle == nil {
            do throws(UnpackingError) {
                try read(file, in: folder, scratch: scratch)
            } catch {
                giveUp("\(file) cannot be read: \(error.detail)")
            }
        }
        resolveNames()
    }

    private mutating func read(_ file: String, in folder: String, scratch: String) throws(UnpackingError) {
        let descriptor = unsafe open("\(folder)/\(file)", O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard let size = fileLength(of: descriptor) else { throw UnpackingError(.read, "it is no regular file") }
        let bytes = FileSlice(descriptor: descriptor, start: 0, size: size)
        if SignatureFile.isSigned(file) {
            try readContainer(bytes, named: file, scratch: scratch)
        } else {
            try readMember(bytes, named: file, of: file)
        }
    }

    /// A signed database: a header, and a tar that may be compressed by gzip.
    private mutating func readContainer(
        _ file: FileSlice, named database: String, scratch: String
    ) throws(UnpackingError) {
        guard file.size > Self.headerLength else { throw UnpackingError(.truncated, "it has no header") }
        let body = file[Self.headerLength..<file.size]
        guard try body.bytes(at: 0, count: 2) == [0x1F, 0x8B] else {
            return try readMembers(of: body, database, scratch: scratch)
        }
        try Self.withScratchFile(in: scratch) { unpacked throws(UnpackingError) in
            var stream = try StreamOpener(body, form: .gzip)
            _ = try stream.next()
            let size = try stream.unpack(into: unpacked, limit: Self.unpackingLimit)
            try readMembers(
                of: FileSlice(descriptor: unpacked, start: 0, size: size), database, scratch: scratch)
        }
    }

    private mutating func readMembers(
        of archive: FileSlice, _ database: String, scratch: String
    ) throws(UnpackingError) {
        var opener = try ArchiveOpener(archive, form: .tar)
        while let member = try opener.next() {
            guard Self.holdsPatterns(member.name) else { continue }
            try Self.withScratchFile(in: scratch) { file throws(UnpackingError) in
                let size = try opener.unpack(into: file, limit: Self.unpackingLimit)
                try readMember(
                    FileSlice(descriptor: file, start: 0, size: size), named: member.name, of: database)
            }
        }
    }

    private static func withScratchFile(
        in folder: String, _ body: (CInt) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        let file = unsafe lz_tmpfile(folder)
        guard file >= 0 else { throw UnpackingError(.scratch, "no scratch file") }
        defer { close(file) }
        try body(file)
    }

    private static func ending(of name: String) -> Substring { name.split(separator: ".").last ?? "" }

    private static func holdsPatterns(_ name: String) -> Bool {
        ["ndb", "ldb", "cbc", "sdb"].contains(ending(of: name).lowercased())
    }

    private mutating func readMember(
        _ bytes: FileSlice, named name: String, of database: String
    ) throws(UnpackingError) {
        switch Self.ending(of: name).lowercased() {
        case "ndb": try readRows(bytes, .body, longest: Self.longestBody, of: database)
        case "ldb": try readRows(bytes, .logical, longest: Self.longestLogical, of: database)
        // Their names may be those of filtered signatures, and they change what libclamav does with files.
        case "sdb": giveUp("\(name) holds signatures of a kind that the planner does not read")
        case "cbc": _ = try forEachRow(of: bytes, longest: .max) { readBytecode($0) }
        default: break
        }
    }

    private mutating func readRows(
        _ bytes: FileSlice, _ kind: SignatureRow.Kind, longest: Int, of database: String
    ) throws(UnpackingError) {
        var file = File(kind, of: database)
        var longestPattern = 0
        let isWhole = try forEachRow(of: bytes, longest: longest) { row in
            guard row.first != UInt8(ascii: "#") else { return }
            read(row, into: &file)
            longestPattern = max(longestPattern, BufferOverlap.longest(in: row))
        }
        add(file)
        if !isWhole { giveUp("a row in \(database) is longer than \(longest) bytes") }
        if longestPattern > BufferOverlap.length {
            giveUp("a pattern in \(database) may be longer than \(BufferOverlap.length) bytes")
        }
    }

    /// Calls for each row, without its end.
    ///
    /// - Returns: false if a row is longer. The rest is not read.
    private func forEachRow(
        of bytes: FileSlice, longest: Int, _ body: (ArraySlice<UInt8>) -> Void
    ) throws(UnpackingError) -> Bool {
        var (rest, offset) = ([UInt8](), Int64(0))
        while offset < bytes.size {
            let block = try bytes.bytes(at: offset, count: Self.blockLength)
            offset += Int64(block.count)
            rest += block
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                guard end - start <= longest else { return false }
                body(rest[start..<end].droppingReturns)
                start = end + 1
            }
            rest.removeFirst(start)
            // No row of bytecode is needed whole: its name is at its beginning.
            guard rest.count <= min(longest, 64 * Self.blockLength) else { return false }
        }
        if !rest.isEmpty { body(rest[...].droppingReturns) }
        return true
    }
}

extension ArraySlice<UInt8> {
    fileprivate var droppingReturns: ArraySlice<UInt8> {
        var row = self
        while row.last == UInt8(ascii: "\r") { row.removeLast() }
        return row
    }
}
