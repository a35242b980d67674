import Unpacking

/// One layer of the walk: the object, a part that an opener took out of another layer, or a file that only the engine
/// produces.
struct WalkedLayer {
    let bytes: FileSlice
    /// 0 is the object.
    let level: Int
    /// The names of the parts that lead to it, such as `report.zip/payload.exe`. Empty for the object.
    let path: String
    /// The engine's name for its type (`CL_TYPE_…`). Empty if it is unknown.
    let engineType: String
    /// Its MIME type, or empty if libmagic was not asked.
    var mimeType = ""
    /// Whether nothing declares it (`LayerPart.isGuess`).
    var isGuess = false

    private static let longestPath = 240

    /// The path of a part of this layer. A long one keeps its end.
    func path(of part: String) -> String {
        let name = part.isEmpty ? "(unnamed)" : part
        let whole = path.isEmpty ? name : "\(path)/\(name)"
        guard whole.utf8.count > Self.longestPath else { return whole }
        return "…" + String(decoding: whole.utf8.suffix(Self.longestPath - 8), as: UTF8.self)
    }
}
