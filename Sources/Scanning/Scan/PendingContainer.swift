import Unpacking

/// A container with members that the engine missed, to be unpacked after the engine's pass. Its file is kept open,
/// although the engine has deleted it.
struct PendingContainer {
    let descriptor: CInt
    let offset: Int64
    let size: Int64
    /// Nil for a PDF.
    let form: ContainerForm?
    /// The container's own level.
    let level: Int
    /// Sizes of the members to unpack, or nil for all.
    let missedSizes: Set<Int64>?
    /// How many bytes after the container's end are to be inspected as well.
    let trailingBytes: Int64
    /// The streams of a PDF to decode.
    var streams: [PDFStream] = []

    var name: String { form?.displayName ?? "PDF" }

    func wants(_ size: Int64) -> Bool { missedSizes?.contains(size) ?? true }

    /// The same container, reduced to the bytes after its end.
    func trailing(bytes: Int64) -> PendingContainer {
        PendingContainer(
            descriptor: descriptor, offset: offset, size: size, form: form, level: level, missedSizes: [],
            trailingBytes: bytes)
    }
}
