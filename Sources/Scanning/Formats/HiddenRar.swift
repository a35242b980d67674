import Unpacking

/// A RAR archive behind something else: a self-extractor's program, a picture. The engine opens no RAR, sees those of version 4
/// at most, and does not say where they begin.
enum HiddenRar {
    /// Types in which an archive is looked for though the engine sees none: what runs may unpack it.
    static let programs: Set<String> = ["CL_TYPE_MSEXE", "CL_TYPE_ELF"]
    /// The engine's names for what it sees and does not open.
    static let types: Set<String> = ["CL_TYPE_RAR", "CL_TYPE_RARSFX"]

    private static let mark: [UInt8] = [0x52, 0x61, 0x72, 0x21, 0x1A, 7]
    /// Programs that unpack RAR have the mark among their data, more than once.
    private static let mostMarks = 8

    /// Where an archive begins that can be opened; nil where there is none. The bytes of the mark alone make no archive.
    static func find(in descriptor: CInt, offset: Int64, size: Int64) -> (offset: Int64, form: ContainerForm)? {
        let file = FileSlice(descriptor: descriptor, start: offset, size: size)
        var place: Int64 = 0
        for _ in 0..<mostMarks {
            guard let start = try? file.firstOffset(of: mark, in: place..<size) else { return nil }
            if start > 0, let form = opens(descriptor, offset + start, size - start) { return (offset + start, form) }
            place = start + 1
        }
        return nil
    }

    /// The form under which a first member can be listed.
    private static func opens(_ descriptor: CInt, _ offset: Int64, _ size: Int64) -> ContainerForm? {
        guard let form = ContainerForm(descriptor: descriptor, offset: offset), form == .rar || form == .rar5,
            var archive = try? Archive(descriptor: descriptor, offset: offset, size: size, form: form)
        else { return nil }
        do throws(UnpackingError) {
            return try archive.next() == nil ? nil : form
        } catch {
            // Under a password there is nothing to list, and an archive all the same.
            return error.code == .encrypted ? form : nil
        }
    }
}
