import CClamAV
import CShims
import Domain
import Glibc
import ScanProtocol
import Unpacking

/// The signature folder and its files.
enum SignatureFolder {
    /// Returns the names of the folder's databases.
    static func files(in folder: String) throws(StartFailure) -> [String] {
        guard let names = fileNames(in: folder) else {
            let reason = unsafe String(cString: strerror(errno))
            throw StartFailure(
                reason: "signature folder \(folder) cannot be read (\(reason)): "
                    + "run freshclam (Debian package clamav-freshclam), or name another folder with --signatures")
        }
        let files = names.filter(SignatureFile.isDatabase)
        guard !files.isEmpty else {
            throw StartFailure(
                reason: "signature folder \(folder) holds no signatures: "
                    + "run freshclam (Debian package clamav-freshclam), or name another folder with --signatures")
        }
        for file in files { try requireReadable("\(folder)/\(file)") }
        return files
    }

    /// libclamav skips a file that it cannot read, and reports success for the rest.
    private static func requireReadable(_ path: String) throws(StartFailure) {
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        let reason = unsafe String(cString: strerror(errno))
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0 else {
            throw StartFailure(
                reason: "signature file \(path) cannot be read (\(reason)): let this user read it, or remove it")
        }
        guard fileLength(of: descriptor) != nil else {
            throw StartFailure(reason: "signature file \(path) is not a regular file: remove it")
        }
    }

    /// Describes each database, signed ones first: with very many files, the last ones are left out of the report. Of
    /// `daily.cvd` and `daily.cld` the newer one counts.
    ///
    /// - Parameter rules: the number of rules in each YARA file.
    static func describe(_ files: [String], in folder: String, rules: [String: Int64]) -> [SignatureDatabase] {
        newestOfEach(
            (files.filter(SignatureFile.isSigned) + files.filter { !SignatureFile.isSigned($0) }).map { file in
                let path = "\(folder)/\(file)"
                if SignatureFile.isSigned(file), let header = unsafe cl_cvdhead(path) {
                    defer { unsafe cl_cvdfree(header) }
                    return unsafe SignatureDatabase(
                        name: file, version: Int64(header.pointee.version), signatures: Int64(header.pointee.sigs),
                        built: Timestamp(milliseconds: Int64(header.pointee.stime) * 1000))
                }
                var count: UInt32 = 0
                unsafe _ = cl_countsigs(path, UInt32(CL_COUNTSIGS_ALL), &count)
                return SignatureDatabase(
                    name: file, version: nil, signatures: rules[file] ?? Int64(count),
                    built: Timestamp(milliseconds: unsafe lz_modified(path)))
            })
    }

    /// Leaves out a signed database whose stem another one has that is newer, or is as new and has been updated.
    static func newestOfEach(_ databases: [SignatureDatabase]) -> [SignatureDatabase] {
        func rank(_ database: SignatureDatabase) -> (Int64, Int) {
            (database.version ?? 0, database.name.lowercased().hasSuffix(".cld") ? 1 : 0)
        }
        return databases.filter { database in
            guard SignatureFile.isSigned(database.name) else { return true }
            return !databases.contains { other in
                SignatureFile.isSigned(other.name) && rank(other) > rank(database)
                    && SignatureFile.stem(of: other.name) == SignatureFile.stem(of: database.name)
            }
        }
    }
}
