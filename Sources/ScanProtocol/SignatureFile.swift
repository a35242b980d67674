/// The kind of a file in the signature folder, by its name's extension (ClamAV documentation, "File formats"). The
/// worker watches the same files that the scanner loads.
package enum SignatureFile {
    /// Extensions of the files that libclamav loads.
    private static let endings: Set<String> = [
        "cvd", "cld", "cud", "db", "hdb", "hdu", "hsb", "hsu", "mdb", "mdu", "msb", "msu", "ndb", "ndu", "ldb", "ldu",
        "cdb", "idb", "fp", "sfp", "crb", "cbc", "pdb", "gdb", "wdb", "ftm", "ign", "ign2", "cfg", "imp", "ioc", "cat",
        "rmd", "zmd", "yar", "yara", "info", "pwdb", "sdb",
    ]

    package static func isDatabase(_ name: String) -> Bool { endings.contains(ending(of: name)) }

    /// Whether the file is a database signed by ClamAV, which has a version and a build time.
    package static func isSigned(_ name: String) -> Bool { ["cvd", "cld", "cud"].contains(ending(of: name)) }

    package static func isYARA(_ name: String) -> Bool { ["yar", "yara"].contains(ending(of: name)) }

    /// Whether the file holds exceptions or settings, of which fewer find no less.
    package static func isExceptions(_ name: String) -> Bool {
        ["fp", "sfp", "ign", "ign2", "cfg", "info", "cat", "pwdb", "ftm"].contains(ending(of: name))
    }

    /// `daily` of `daily.cld`.
    package static func stem(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }

    private static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}
