import Testing
import Unpacking

/// What libarchive passes over in a tar and in a cpio, and other readers extract.
@Suite(.timeLimit(.minutes(1))) struct TarAccountTests {
    struct Account: Sendable {
        var parts: [[UInt8]] = []
        var unaccounted: [[UInt8]] = []
        var error: UnpackingError.Code?
    }

    private static func account(_ bytes: [UInt8], _ form: ContainerForm) -> Account {
        let (file, room) = (MemoryFile(bytes), MemoryFile([]))
        let layer = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
        var account = Account()
        do throws(UnpackingError) {
            var opener = try ArchiveOpener(layer, form: form)
            while try opener.next() != nil {
                let size = try opener.unpack(into: room.descriptor, limit: 1 << 20)
                account.parts.append(Array(room.bytes.prefix(Int(size))))
            }
            account.unaccounted = opener.unaccounted.map { Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)]) }
        } catch {
            account.error = error.code
        }
        return account
    }

    /// A tar entry of any type, whose fields `change` may change before they are summed.
    private static func entry(
        _ name: String, _ data: [UInt8], type: Character = "0", change: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ place: Int) {
            header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        put(name, 0)
        put("0000644", 100)
        let octal = String(data.count, radix: 8)
        put(String(repeating: "0", count: 11 - octal.count) + octal, 124)
        put("00000000000", 136)
        put(String(type), 156)
        put("ustar  ", 257)
        change(&header)
        put("        ", 148)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", 148)
        return header + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    private static let payload = Array("a payload that no reader may pass over".utf8)
    private static let end = [UInt8](repeating: 0, count: 1024)
    private static let plain = entry("plain", Array("words".utf8))

    @Test(arguments: Array("23456DMNAZ")) func `data of a member of any type is accounted for`(type: Character) {
        let account = Self.account(Self.plain + Self.entry("a", Self.payload, type: type) + Self.plain + Self.end, .tar)
        #expect(account.error != nil || (account.parts + account.unaccounted).contains(Self.payload), "\(account)")
    }

    @Test func `a size that another field denies is accounted for`() {
        let member = Self.entry("a", Self.payload) { header in
            // The size of a sparse file in the old GNU format.
            header.replaceSubrange(483..<495, with: Array("           0".utf8))
        }
        let account = Self.account(Self.plain + member + Self.plain + Self.end, .tar)
        #expect(account.error != nil || (account.parts + account.unaccounted).contains(Self.payload), "\(account)")
    }

    @Test func `an extended header is a layer only if it holds more than records and names`() throws {
        let archive = try Samples.bytes("lzma.7z")
        for type: Character in ["x", "g", "L", "K"] {
            let text = Self.entry("x", Array("17 comment=words\n".utf8), type: type)
            #expect(Self.account(text + Self.plain + Self.end, .tar).unaccounted == [])
        }
        let hidden = Self.entry("x", Array("11 path=aa\n".utf8), type: "x") + Self.entry("L", archive, type: "L")
        let account = Self.account(hidden + Self.plain + Self.end, .tar)
        #expect(account.error != nil || account.unaccounted.contains(archive))
    }

    @Test(arguments: [
        "ustar.tar", "gnu.tar", "pax.tar", "long-names-gnu.tar", "long-names-pax.tar", "odd-names-pax.tar", "v7.tar",
        "base-256.tar", "no-end.tar", "lone-zero-block.tar", "sparse.tar", "hard-link-with-data.tar",
    ])
    func `an ordinary tar is accounted for by its members`(name: String) throws {
        let account = Self.account(try Samples.bytes(name), .tar)
        #expect(account.unaccounted.count == 0)
    }

    @Test(arguments: ["newc.cpio", "odc.cpio"]) func `a cpio header has digits alone`(name: String) throws {
        let archive = try Samples.bytes(name)
        #expect(Self.account(archive, .cpio).error == nil)
        for place in [7, 13, 30, 59, 64, 70, 75] {
            for value: UInt8 in [0, 0x20, 0x2D, 0x47] {
                var changed = archive
                changed[place] = value
                #expect(Self.account(changed, .cpio).error == .malformed, "\(place): \(value)")
            }
        }
    }
}
