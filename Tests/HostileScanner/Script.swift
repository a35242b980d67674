import Glibc

/// The act that an object's first line asks for.
struct Script {
    let act: String
    let words: [String]
    private static let sign = "hostile: "

    /// Returns nil for an object without a script.
    init?(of descriptor: CInt) {
        var room = [UInt8](repeating: 0, count: 1024)
        let count = pread(descriptor, &room, room.count, 0)
        guard count > 0, room.starts(with: Self.sign.utf8) else { return nil }
        let line = room[..<count].dropFirst(Self.sign.utf8.count).prefix { $0 != 0x0A }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
        guard let act = words.first else { return nil }
        self.act = act
        self.words = Array(words.dropFirst())
    }
}
