import CPostgres
import Support

/// Checks and redacts a PostgreSQL URI, as libpq reads it ("Connection URIs" in its manual).
enum PostgresAddress {
    /// Returns why libpq does not accept an address; nil if it does. The text repeats nothing of the address but names
    /// of settings, since the address may hold a password.
    static func mistake(in address: Secret) -> String? {
        guard !address.exposed.utf8.contains(0) else { return "it has a NUL character" }
        if let mistake = mistakeInHosts(address.exposed) { return mistake }
        var message: UnsafeMutablePointer<CChar>?
        if let settings = unsafe PQconninfoParse(address.exposed, &message) {
            unsafe PQconninfoFree(settings)
            return nil
        }
        defer { unsafe PQfreemem(message) }
        let text = unsafe message.map { unsafe String(cString: $0) } ?? ""
        let namesSetting = text.hasPrefix("invalid URI query parameter: ")
        return namesSetting ? text.filter { $0 != "\n" } : "it is not a valid PostgreSQL URI"
    }

    /// If a password has an unescaped `@` or `/`, libpq takes the rest of it for a host or a port, and repeats it in
    /// its error messages.
    private static func mistakeInHosts(_ address: String) -> String? {
        guard let start = address.firstRange(of: "://")?.upperBound else { return nil }
        // As libpq reads it, the role and its password end at the first @, and may contain a ?.
        let authority = address[start...].prefix { $0 != "/" }
        let hosts = authority[(authority.firstIndex(of: "@").map(authority.index(after:)) ?? start)...]
            .prefix { $0 != "?" }
        guard !hosts.contains("@") else { return "it has more than one @ before the database" }
        for host in hosts.split(separator: ",") {
            // Within brackets a colon is part of the address.
            let name = host[(host.lastIndex(of: "]") ?? host.startIndex)...]
            let port = name.firstIndex(of: ":").map { name[name.index(after: $0)...] } ?? ""
            if !port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return "a port is not a number" }
        }
        return nil
    }

    /// Returns the hosts that libpq connects to over a network without verifying certificate and name; none with
    /// `sslmode=verify-full`, and no socket folder and loopback address.
    static func unverifiedHosts(_ address: Secret, environment: [String: String]) -> [String] {
        var settings: [String: String] = [:]
        if let options = unsafe PQconninfoParse(address.exposed, nil) {
            defer { unsafe PQconninfoFree(options) }
            var option = unsafe options
            while let keyword = unsafe option.pointee.keyword {
                if let value = unsafe option.pointee.val {
                    settings[unsafe String(cString: keyword)] = unsafe String(cString: value)
                }
                unsafe option += 1
            }
        }
        func setting(_ name: String, _ variable: String) -> String? {
            [settings[name], environment[variable]].compactMap(\.self).first { !$0.isEmpty }
        }
        guard setting("sslmode", "PGSSLMODE") != "verify-full" else { return [] }
        let hosts = setting("hostaddr", "PGHOSTADDR") ?? setting("host", "PGHOST") ?? ""
        return hosts.split(separator: ",").map(String.init).filter { host in
            // An abstract socket begins with @.
            !host.hasPrefix("/") && !host.hasPrefix("@") && host != "localhost" && host != "::1"
                && !host.hasPrefix("127.")
        }
    }

    /// Returns the address with `***` in place of the settings that libpq marks as secret.
    static func redacted(_ address: Secret) -> String {
        var settings: [(name: String, value: String)] = []
        if let options = unsafe PQconninfoParse(address.exposed, nil) {
            defer { unsafe PQconninfoFree(options) }
            var option = unsafe options
            while let keyword = unsafe option.pointee.keyword {
                if let value = unsafe option.pointee.val {
                    // "Display entered value as is" or, with an asterisk, "Password field - hide value".
                    let isSecret = unsafe option.pointee.dispchar.map { unsafe $0.pointee == 0x2A } ?? true
                    settings.append(
                        (unsafe String(cString: keyword), isSecret ? "***" : unsafe String(cString: value)))
                }
                unsafe option += 1
            }
        }
        func take(_ name: String) -> String? {
            settings.firstIndex { $0.name == name }.map { settings.remove(at: $0).value }
        }
        let (user, password, database) = (take("user"), take("password"), take("dbname"))
        var text = "postgres://" + (user ?? "") + (password.map { ":\($0)" } ?? "")
        if user != nil || password != nil { text += "@" }
        // Socket folders stay among the settings, with their ports.
        if let hosts = settings.first(where: { $0.name == "host" })?.value, !hosts.contains("/") {
            let names = hosts.split(separator: ",", omittingEmptySubsequences: false)
            _ = take("host")
            let ports = (take("port") ?? "").split(separator: ",", omittingEmptySubsequences: false)
            let endpoints = names.enumerated().map { index, name in
                // A single port is used for all hosts.
                let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
                return (name.contains(":") ? "[\(name)]" : String(name)) + (port.isEmpty ? "" : ":\(port)")
            }
            text += endpoints.joined(separator: ",")
        }
        text += "/" + (database ?? "")
        let rest = settings.map { "\($0.name)=\($0.value)" }
        return rest.isEmpty ? text : text + "?" + rest.joined(separator: "&")
    }
}
