import CClamAV
import CShims
import Domain
import Glibc
import ScanProtocol

/// The folder of signatures, as files.
enum SignatureFolder {
    /// What libclamav loads, by the ending of a file's name (ClamAV documentation, "File formats").
    private static let endings: Set<String> = [
        "cvd", "cld", "cud", "db", "hdb", "hdu", "hsb", "hsu", "mdb", "mdu", "msb", "msu", "ndb", "ndu", "ldb", "ldu",
        "cdb", "idb", "fp", "sfp", "crb", "cbc", "pdb", "gdb", "wdb", "ftm", "ign", "ign2", "cfg", "imp", "ioc", "cat",
        "rmd", "zmd", "yar", "yara", "info", "pwdb",
    ]
    private static let signedEndings: Set<String> = ["cvd", "cld", "cud"]

    /// The names of the folder's databases.
    static func files(in folder: String) throws(StartFailure) -> [String] {
        guard let names = fileNames(in: folder) else {
            let reason = unsafe String(cString: strerror(errno))
            throw StartFailure(
                reason: "signature folder \(folder) cannot be read (\(reason)): "
                    + "run freshclam (Debian package clamav-freshclam), or name another folder with --signatures")
        }
        let files = names.filter { endings.contains(ending(of: $0)) }
        guard !files.isEmpty else {
            throw StartFailure(
                reason: "signature folder \(folder) holds no signatures: "
                    + "run freshclam (Debian package clamav-freshclam), or name another folder with --signatures")
        }
        return files
    }

    static func describe(_ files: [String], in folder: String) -> [EngineFacts.Database] {
        files.map { file in
            let path = "\(folder)/\(file)"
            if signedEndings.contains(ending(of: file)), let header = unsafe cl_cvdhead(path) {
                defer { unsafe cl_cvdfree(header) }
                return unsafe EngineFacts.Database(
                    name: file, version: Int64(header.pointee.version), signatures: Int64(header.pointee.sigs),
                    built: Timestamp(milliseconds: Int64(header.pointee.stime) * 1000))
            }
            var count: UInt32 = 0
            unsafe _ = cl_countsigs(path, UInt32(CL_COUNTSIGS_ALL), &count)
            return EngineFacts.Database(
                name: file, version: nil, signatures: Int64(count),
                built: Timestamp(milliseconds: unsafe lz_modified(path) * 1000))
        }
    }

    private static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}
