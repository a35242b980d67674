import CClamAV
import Glibc

/// Checks the YARA files of the signature folder one by one.
///
/// libclamav skips a rule that it cannot parse or use, logs a warning, and reports success: a file with one syntax
/// error may load no rule at all. So each file is first loaded alone, and one that does not load all its rules is
/// refused by name.
enum YaraRules {
    /// Returns the number of rules in each file, with those that it includes.
    static func count(in files: [String], of folder: String, options: UInt32) throws(StartFailure) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for file in files { counts[file] = try count(in: "\(folder)/\(file)", options: options) }
        return counts
    }

    private static func count(in path: String, options: UInt32) throws(StartFailure) -> Int64 {
        guard let engine = unsafe cl_engine_new() else { throw StartFailure(reason: "libclamav cannot be set up") }
        defer { unsafe _ = cl_engine_free(engine) }
        LoadMessages.current.clear()
        var count: UInt32 = 0
        let loaded = unsafe cl_load(path, engine, &count, options)
        let messages = LoadMessages.current.lines
        guard loaded == CL_SUCCESS, count > 0, messages.isEmpty else {
            // The first message is the closest to the cause. Later ones count what was lost.
            let reason = messages.first ?? (loaded == CL_SUCCESS ? "it contains no rule" : name(of: loaded))
            throw StartFailure(
                reason:
                    "YARA rules in \(path) cannot be loaded: \(reason); correct the file or remove it from the folder")
        }
        return Int64(count)
    }
}
