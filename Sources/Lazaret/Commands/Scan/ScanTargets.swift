internal import Domain
internal import Glibc
internal import Support

/// A local file that `lazaret scan` inspects.
struct ScanTarget {
    let path: String
    /// What the file is uploaded as, if the command says so.
    let location: ObjectLocation?
}

/// The files that the operands of `lazaret scan` name. A folder stands for all regular files in it, at any depth, in
/// the order of their names. A symbolic link in a folder is not followed.
struct ScanTargets {
    private static let mostFiles = 1_000_000

    let found: [ScanTarget]

    /// - Parameters:
    ///   - place: where the files are uploaded to: the key of the one file, or what stands before each path.
    ///   - failures: gets a line for each folder that cannot be read.
    /// - Throws: `CommandFailure` if a key would be one that S3 cannot hold.
    init(_ operands: [String], place: UploadPlace?, failures: inout [String]) throws {
        var found: [ScanTarget] = []
        for operand in operands {
            guard Self.kind(of: operand, followingLinks: true) == S_IFDIR else {
                found.append(ScanTarget(path: operand, location: try place?.location(of: Self.name(of: operand))))
                continue
            }
            for path in Self.files(in: operand, failures: &failures) {
                let rest = String(path.dropFirst(operand.count).drop { $0 == "/" })
                found.append(ScanTarget(path: path, location: try place?.location(of: rest)))
            }
        }
        self.found = found
    }

    private static func files(in folder: String, failures: inout [String]) -> [String] {
        var files: [String] = []
        var waiting = [folder]
        while let folder = waiting.popLast(), files.count < mostFiles {
            guard let names = names(in: folder) else {
                failures.append("\(SystemError("cannot read \(printable(folder))"))")
                continue
            }
            var folders: [String] = []
            for name in names.sorted() {
                let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
                switch kind(of: path, followingLinks: false) {
                case S_IFDIR: folders.append(path)
                case S_IFREG: files.append(path)
                default: break
                }
            }
            waiting += folders.reversed()
        }
        return files
    }

    private static func names(in folder: String) -> [String]? {
        guard let handle = unsafe opendir(folder) else { return nil }
        defer { unsafe _ = closedir(handle) }
        var names: [String] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// `S_IFREG` and the like, or 0 if there is nothing.
    private static func kind(of path: String, followingLinks: Bool) -> mode_t {
        var info = stat()
        let code = unsafe followingLinks ? stat(path, &info) : lstat(path, &info)
        return code == 0 ? info.st_mode & S_IFMT : 0
    }

    private static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// What `--as` gives: `s3://bucket/key` for one file, `s3://bucket/prefix/` for several.
struct UploadPlace {
    let bucket: String
    private let key: String

    init(_ text: String) throws {
        let scheme = "s3://"
        guard text.hasPrefix(scheme) else {
            throw CommandFailure(
                .usage, "--as is '\(text)'; it takes s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for several files")
        }
        let name = text.utf8.dropFirst(scheme.utf8.count)
        bucket = String(Substring(name.prefix { $0 != UInt8(ascii: "/") }))
        key = String(Substring(name.dropFirst(bucket.utf8.count + 1)))
        guard !bucket.isEmpty else { throw CommandFailure(.usage, "no bucket in --as '\(text)'") }
    }

    /// Whether it is the key of one object.
    var isOneObject: Bool { !key.isEmpty && !key.hasSuffix("/") }

    func location(of name: String) throws -> ObjectLocation {
        let text = isOneObject ? key : key + name
        guard let key = ObjectKey(text) else {
            throw CommandFailure(.usage, "S3 cannot hold the key '\(text)': it is empty or longer than 1024 bytes")
        }
        return ObjectLocation(bucket: bucket, key: key)
    }
}
