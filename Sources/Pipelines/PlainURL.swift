/// An http or https URL of printable ASCII without user, query and fragment.
package struct PlainURL: Sendable, Equatable {
    package let isSecure: Bool
    /// In lowercase, without the port and the brackets of an IPv6 address.
    package let host: String
    /// With the leading slash; empty if there is none.
    package let path: String

    package init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count <= 2048, bytes.allSatisfy({ (0x21...0x7E).contains($0) }),
            !text.contains(where: { "?#@\\\"<>".contains($0) }), let colon = text.firstRange(of: "://")
        else { return nil }
        switch text[..<colon.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: return nil
        }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        path = String(rest[authority.endIndex...])
        var name = authority
        let bracket = authority.lastIndex(of: "]")
        if let port = authority.lastIndex(of: ":"), bracket.map({ $0 < port }) ?? true {
            guard let number = Int(authority[authority.index(after: port)...]), (1...65_535).contains(number) else {
                return nil
            }
            name = authority[..<port]
        }
        if name.hasPrefix("[") {
            guard name.hasSuffix("]") else { return nil }
            name = name.dropFirst().dropLast()
        } else if name.contains(where: { "[]:".contains($0) }) {
            return nil
        }
        guard !name.isEmpty else { return nil }
        host = name.lowercased()
    }

    /// Whether the host is this machine by its name.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the host is a cloud's metadata service by its address. A name that leads there is refused when it is
    /// connected to.
    package var isMetadataService: Bool {
        host.hasPrefix("169.254.") || host.hasPrefix("fe80:") || host.hasPrefix("fd00:ec2:")
            || ["100.100.100.200", "168.63.129.16", "metadata.google.internal"].contains(host)
    }
}
