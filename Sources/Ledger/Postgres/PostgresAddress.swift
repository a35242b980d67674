import CPostgres
import Support

/// A URI of PostgreSQL as libpq reads it ("Connection URIs" in its manual): what it has against one, and how one is shown.
enum PostgresAddress {
    /// What libpq has against an address; nil where it understands it. Nothing of the address is repeated but names of
    /// settings, since it may hold a password.
    static func mistake(in address: Secret) -> String? {
        guard !address.exposed.utf8.contains(0) else { return "it holds a NUL" }
        if let mistake = mistakeInHosts(address.exposed) { return mistake }
        var words: UnsafeMutablePointer<CChar>?
        if let settings = unsafe PQconninfoParse(address.exposed, &words) {
            unsafe PQconninfoFree(settings)
            return nil
        }
        defer { unsafe PQfreemem(words) }
        let said = unsafe words.map { unsafe String(cString: $0) } ?? ""
        let isOfSetting = said.hasPrefix("invalid URI query parameter: ")
        return isOfSetting ? said.filter { $0 != "\n" } : "it can't be read as a URI of PostgreSQL"
    }

    /// libpq takes what follows a mark that should be `%40` or `%2F` in a password for a host or a port, and repeats it when
    /// it does not get there.
    private static func mistakeInHosts(_ address: String) -> String? {
        guard let start = address.firstRange(of: "://")?.upperBound else { return nil }
        // As libpq reads it: what stands before the first @ is the role and its password, with a ? in it, too.
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

    /// The address as people may see it: put together from what libpq reads in it, with `***` for what it calls secret.
    static func shown(_ address: Secret) -> String {
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
        // Folders of sockets stay among the settings, and their ports with them.
        if let hosts = settings.first(where: { $0.name == "host" })?.value, !hosts.contains("/") {
            let names = hosts.split(separator: ",", omittingEmptySubsequences: false)
            _ = take("host")
            let ports = (take("port") ?? "").split(separator: ",", omittingEmptySubsequences: false)
            let places = names.enumerated().map { index, name in
                // One port is that of all hosts.
                let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
                return (name.contains(":") ? "[\(name)]" : String(name)) + (port.isEmpty ? "" : ":\(port)")
            }
            text += places.joined(separator: ",")
        }
        text += "/" + (database ?? "")
        let rest = settings.map { "\($0.name)=\($0.value)" }
        return rest.isEmpty ? text : text + "?" + rest.joined(separator: "&")
    }
}
