import CClamAV
import Glibc

/// YARA rules of the signature folder, one file at a time.
///
/// libclamav leaves out a rule that it cannot read or cannot use, says so in a warning, and calls the load a success: a file
/// with a slip of the pen in it brings no rule at all. So each file is loaded once by itself, and one that does not bring all
/// its rules is refused by name.
enum YaraRules {
    /// How many rules each file brings, with those that it includes.
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
            // The first message is the nearest to the cause; the later ones count what was lost by it.
            let reason = messages.first ?? (loaded == CL_SUCCESS ? "it holds no rule" : name(of: loaded))
            throw StartFailure(
                reason:
                    "YARA rules in \(path) cannot be loaded: \(reason); correct the file or take it out of the folder")
        }
        return Int64(count)
    }
}
