/// The shared config and credentials files (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
package struct SharedFiles: Sendable {
    package let configPath: String
    package let credentialsPath: String
    /// Profiles by name.
    package let config: [String: Section]
    package let credentials: [String: Section]
    /// `[services …]` sections of the config file by name.
    package let services: [String: Section]

    /// Keys in lowercase. A nested line such as `endpoint_url` below `s3 =` has the key `s3.endpoint_url`.
    package typealias Section = [String: String]

    /// - Parameters:
    ///   - environment: `AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE`, and `HOME` for the default paths.
    ///   - read: returns a file's text, or nil if there is none.
    package init(environment: [String: String], read: (String) -> String?) {
        func path(_ variable: String, _ standard: String) -> String {
            var path = environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? "~/.aws/" + standard
            if path.hasPrefix("~/"), let home = environment["HOME"] { path = home + path.dropFirst(1) }
            return path
        }
        configPath = path("AWS_CONFIG_FILE", "config")
        credentialsPath = path("AWS_SHARED_CREDENTIALS_FILE", "credentials")

        var profiles: [String: Section] = [:]
        var services: [String: Section] = [:]
        // `[default]` and `[profile default]` name the same profile; the latter wins.
        let sections = SharedFileParser.sections(read(configPath) ?? "")
        for (title, section) in sections where title == "default" { profiles["default"] = section }
        for (title, section) in sections {
            let words = title.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
            guard words.count == 2 else { continue }
            let name = words[1].trimmed
            switch words[0] {
            case "profile": profiles[name] = section
            case "services": services[name] = section
            default: continue
            }
        }
        config = profiles
        self.services = services
        credentials = SharedFileParser.sections(read(credentialsPath) ?? "")
    }

    /// Returns a profile's settings from both files, or nil if neither has it. The credentials file takes precedence.
    package func profile(_ name: String) -> Section? {
        switch (config[name], credentials[name]) {
        case (nil, nil): nil
        case (let config, let credentials): (config ?? [:]).merging(credentials ?? [:]) { $1 }
        }
    }
}

/// A parser of the shared files' INI dialect.
enum SharedFileParser {
    /// Returns sections by title. Lines that are not a title, a setting or a nested setting are ignored.
    static func sections(_ text: String) -> [String: SharedFiles.Section] {
        var sections: [String: SharedFiles.Section] = [:]
        var title: String?
        var parent: String?
        // By bytes: `\r\n` is one Character.
        for bytes in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let line = Substring(bytes)
            let content = line.trimmed
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[" {
                guard let end = content.firstIndex(of: "]") else { continue }
                let name = content[content.index(after: content.startIndex)..<end].trimmed
                title = name
                sections[name, default: [:]] = sections[name] ?? [:]
                parent = nil
                continue
            }
            guard let title, let equals = content.firstIndex(of: "=") else { continue }
            let key = content[..<equals].trimmed.lowercased()
            let value = withoutComment(content[content.index(after: equals)...]).trimmed
            if line.first == " " || line.first == "\t" {
                if let parent { sections[title]?["\(parent).\(key)"] = value }
            } else {
                parent = value.isEmpty ? key : nil
                if !value.isEmpty { sections[title]?[key] = value }
            }
        }
        return sections
    }

    /// Removes a comment after a value, which starts with white space and `#` or `;`.
    private static func withoutComment(_ value: Substring) -> Substring {
        var previous: Character = "x"
        for index in value.indices {
            if (value[index] == "#" || value[index] == ";") && (previous == " " || previous == "\t") {
                return value[..<index]
            }
            previous = value[index]
        }
        return value
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
        return String(rest)
    }
}
