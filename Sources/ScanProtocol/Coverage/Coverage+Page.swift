extension Coverage {
    /// The text of `docs/COVERAGE.md`.
    package static var page: String {
        var text = """
            # Coverage: who opens what

            Generated from `Sources/ScanProtocol/Coverage`; a test holds both together (`make coverage-page` rewrites it).
            A *layer* is a stretch of bytes that is inspected: the object, a member, a decoded part, what a container does not
            account for. Every layer, at any depth, is searched for the forms below, by our own marks, by libmagic's type and by
            the engine's. The engine matches the bytes of each; this table says who takes its parts out.

            - **libarchive**, **ours**: every part that has bytes is unpacked, inspected and walked. What the container does not
              account for is a layer of its own.
            - **engine**: libclamav opens it; each file that it makes is walked.
            - **nobody**: a known form that nothing here opens. A layer of it makes the object `unscannable`, wherever it is.
            - **leaf**: no ordinary software takes files out of it. Its bytes are matched.

            Bytes of no known form are a leaf as well, unless the pipeline says `scan: { unknown: unscannable }`.


            """
        for opener in CoverageRow.Opener.allCases {
            text += "## \(opener.rawValue)\n\n| form | account or reason | refused as | libmagic | engine |\n"
            text += "|---|---|---|---|---|\n"
            for row in rows where row.opener == opener {
                let why = row.account.isEmpty ? row.reason : row.account
                let names = row.mimeTypes.map { "`\($0)`" }.joined(separator: " ")
                let types = row.engineTypes.map { "`\($0)`" }.joined(separator: " ")
                let refusal = row.refusal.isEmpty ? "" : "`\(row.refusal)`"
                text += "| \(row.form) | \(why) | \(refusal) | \(names) | \(types) |\n"
            }
            text += "\n"
        }
        text.removeLast()
        return text
    }
}
