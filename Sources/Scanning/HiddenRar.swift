import Glibc
import ScanProtocol
import Support
import Unpacking

/// A RAR archive behind something else: a self-extractor's program, a picture. The engine opens no RAR, sees those of version 4
/// at most, and does not say where they begin.
enum HiddenRar {
    /// Types in which an archive is looked for though the engine sees none: what runs may unpack it.
    static let programs: Set<String> = ["CL_TYPE_MSEXE", "CL_TYPE_ELF"]
    /// The engine's names for what it sees and does not open.
    static let types: Set<String> = ["CL_TYPE_RAR", "CL_TYPE_RARSFX"]

    private static let mark: [UInt8] = [0x52, 0x61, 0x72, 0x21, 0x1A, 7]
    private static let blockLength = 1 << 20
    /// Programs that unpack RAR have the mark among their data, more than once.
    private static let mostMarks = 8

    /// Where an archive begins that can be opened; nil where there is none. The bytes of the mark alone make no archive.
    static func find(in descriptor: CInt, offset: Int64, size: Int64) -> (offset: Int64, form: ContainerForm)? {
        var block = [UInt8](repeating: 0, count: blockLength)
        var place: Int64 = 0
        var marks = 0
        while place + Int64(mark.count) <= size, marks < mostMarks {
            let wanted = Int(min(Int64(blockLength), size - place))
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe readAt(descriptor, offset: offset + place, into: .init(rebasing: $0[..<wanted]))
            }
            guard count == wanted else { return nil }
            var next = 0
            while let index = firstMark(in: block, from: next, count: count), marks < mostMarks {
                marks += 1
                next = index + 1
                let start = place + Int64(index)
                if start > 0, let form = opens(descriptor, offset + start, size - start) {
                    return (offset + start, form)
                }
            }
            place += Int64(max(1, count - mark.count + 1))
        }
        return nil
    }

    private static func firstMark(in block: [UInt8], from start: Int, count: Int) -> Int? {
        unsafe block.withUnsafeBytes { bytes in
            var place = start
            while place + mark.count <= count {
                let base = bytes.baseAddress!
                guard let found = unsafe memchr(base + place, CInt(mark[0]), count - place - mark.count + 1) else {
                    return nil
                }
                place = unsafe UnsafeRawPointer(found) - base
                if unsafe memcmp(base + place, mark, mark.count) == 0 { return place }
                place += 1
            }
            return nil
        }
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
