/// What a file of the signature folder is, by the ending of its name (ClamAV documentation, "File formats"). The worker
/// watches the same files that the scanner loads.
package enum SignatureFile {
    /// What libclamav loads.
    private static let endings: Set<String> = [
        "cvd", "cld", "cud", "db", "hdb", "hdu", "hsb", "hsu", "mdb", "mdu", "msb", "msu", "ndb", "ndu", "ldb", "ldu",
        "cdb", "idb", "fp", "sfp", "crb", "cbc", "pdb", "gdb", "wdb", "ftm", "ign", "ign2", "cfg", "imp", "ioc", "cat",
        "rmd", "zmd", "yar", "yara", "info", "pwdb",
    ]

    package static func isDatabase(_ name: String) -> Bool { endings.contains(ending(of: name)) }

    /// A database under ClamAV's signature, with a version and a build time of its own.
    package static func isSigned(_ name: String) -> Bool { ["cvd", "cld", "cud"].contains(ending(of: name)) }

    package static func isYARA(_ name: String) -> Bool { ["yar", "yara"].contains(ending(of: name)) }

    private static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}
