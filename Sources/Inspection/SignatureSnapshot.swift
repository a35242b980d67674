internal import CShims
import Glibc
import ScanProtocol
import Support

/// The metadata of the signature folder's files at one moment, which distinguishes one set of databases from the next
/// without reading them.
struct SignatureSnapshot: Sendable, Equatable {
    /// One database file. Equal values mean the same bytes.
    struct File: Sendable, Equatable {
        let name: String
        let size: Int64
        /// When it was last written, in nanoseconds since 1970.
        let modified: Int64
        let device: UInt64
        let inode: UInt64
    }

    enum Content: Sendable, Equatable {
        /// The folder's databases, by name; files of other kinds do not count.
        case files([File])
        /// Why the folder, or a file in it, cannot be read.
        case unreadable(String)
    }

    let content: Content

    /// Reads the folder. Blocks as long as its file system does.
    init(folder: String) { content = Self.content(of: folder) }

    init(_ content: Content) { self.content = content }

    private static func content(of folder: String) -> Content {
        guard let stream = unsafe opendir(folder) else { return .unreadable(SystemError(folder).description) }
        defer { unsafe _ = closedir(stream) }
        var files: [File] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard SignatureFile.isDatabase(name) else { continue }
            var mark = lz_file_mark()
            guard unsafe lz_mark("\(folder)/\(name)", &mark) == 0 else {
                return .unreadable(SystemError("\(folder)/\(name)").description)
            }
            files.append(
                File(name: name, size: mark.size, modified: mark.modified, device: mark.device, inode: mark.inode))
        }
        return .files(files.sorted { $0.name < $1.name })
    }
}
