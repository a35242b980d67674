import Unpacking

/// A RAR archive within another file: a self-extractor, an image. The engine does not open RAR. It recognises only
/// version 4, and does not say where an archive begins.
enum EmbeddedRar {
    /// Types that are searched even if the engine recognises no archive: executables may unpack one.
    static let programs: Set<String> = ["CL_TYPE_MSEXE", "CL_TYPE_ELF"]
    /// The engine's names for what it recognises and does not open.
    static let types: Set<String> = ["CL_TYPE_RAR", "CL_TYPE_RARSFX"]

    private static let magic: [UInt8] = [0x52, 0x61, 0x72, 0x21, 0x1A, 7]
    /// Programs that unpack RAR contain the magic number several times.
    private static let maximumCandidates = 8

    /// Returns where a readable archive begins, or nil. The magic number alone does not make an archive.
    static func find(in descriptor: CInt, offset: Int64, size: Int64) -> (offset: Int64, form: ContainerForm)? {
        let file = FileSlice(descriptor: descriptor, start: offset, size: size)
        var searched: Int64 = 0
        for _ in 0..<maximumCandidates {
            guard let start = try? file.firstOffset(of: magic, in: searched..<size) else { return nil }
            if start > 0, let form = readableForm(descriptor, offset + start, size - start) {
                return (offset + start, form)
            }
            searched = start + 1
        }
        return nil
    }

    /// Returns the form if a first member can be listed.
    private static func readableForm(_ descriptor: CInt, _ offset: Int64, _ size: Int64) -> ContainerForm? {
        guard let form = ContainerForm(descriptor: descriptor, offset: offset), form == .rar || form == .rar5,
            var archive = try? Archive(descriptor: descriptor, offset: offset, size: size, form: form)
        else { return nil }
        do throws(UnpackingError) {
            return try archive.next() == nil ? nil : form
        } catch {
            // With encrypted headers nothing can be listed, but it is an archive.
            return error.code == .encrypted ? form : nil
        }
    }
}
