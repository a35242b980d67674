import Foundation
import ScannerTestKit
import TestKit
import TestRandom

/// What the bytes that a signature matches stand in.
enum MatchingShape: CaseIterable {
    case noise, border, letter, normalisedBorder, spread, page, script, shell, wide, zip, gzip, tarGzip, nestedZip, mail
    case program, pdf, rtf

    /// Those that leave the bytes a file of their own.
    static let containers: [Self] = [.zip, .gzip, .tarGzip, .nestedZip, .mail]

    func file(of bytes: [UInt8], _ random: inout SeededGenerator) throws -> [UInt8] {
        switch self {
        case .noise: return Self.noise(0...400, &random) + bytes + Self.noise(0...60, &random)
        case .border:
            let start = Self.border(bytes, &random)
            return Self.noise(start...start, &random) + bytes + Self.noise(0...60, &random)
        case .letter: return text("A letter to read:\n") + bytes + text(" and no more.\n")
        case .normalisedBorder:
            let start = Self.border(bytes, &random)
            return [UInt8](repeating: UInt8(ascii: "x"), count: start) + [0x20] + bytes + text("  end\n")
        case .spread: return Self.spread(bytes, &random)
        case .page:
            let body = bytes.map { $0 == 0x20 ? UInt8(0x0A) : $0 }
            return text("<html><head><title>T</title></head><body><p>") + body + text("</p></body></html>\n")
        case .script:
            let start = text("<html><body><script>var t = '") + bytes
            return start + text("';</script>") + bytes.uppercased + text("</body></html>\n")
        case .shell: return text("#!/bin/sh\necho  ") + bytes.uppercased.map { $0 == 0x20 ? UInt8(0x09) : $0 } + [0x0A]
        case .wide: return [0xFF, 0xFE] + (text("words: ") + bytes).flatMap { [$0, 0] as [UInt8] }
        case .zip: return try ContainerSamples.zip(bytes)
        case .gzip:
            return try python("import gzip; sys.stdout.buffer.write(gzip.compress(data, 6, mtime=0))", input: bytes)
        case .tarGzip: return try ContainerSamples.tar(bytes, mode: "w:gz")
        case .nestedZip: return try ContainerSamples.zip(try ContainerSamples.zip(bytes))
        case .mail:
            let head =
                "From: a@example.com\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
            return text(head + "Content-Transfer-Encoding: base64\r\n\r\n\(Data(bytes).base64EncodedString())\r\n")
        case .program:
            return Array(try Data(contentsOf: URL(filePath: "/bin/true"))) + Self.noise(0...100, &random) + bytes
        case .pdf:
            let start = text("%PDF-1.4\n1 0 obj\n<< /Length \(bytes.count) >>\nstream\n")
            return start + bytes + text("\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
        case .rtf: return text("{\\rtf1\\ansi ") + bytes + text("}")
        }
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func noise(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: range, using: &random)).map { _ -> UInt8 in UInt8.random(in: 0...255, using: &random) }
    }

    /// Where libclamav's buffers of 128 KiB meet.
    private static func border(_ bytes: [UInt8], _ random: inout SeededGenerator) -> Int {
        131_072 - Int.random(in: 0...(bytes.count + 40), using: &random)
    }

    /// A text with long gaps between its words. libclamav normalises it page by page, and matches its buffer where no
    /// further page may fit: where that is depends on the length of patterns. One of the gaps lies there.
    private static func spread(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        let page = 4096
        // Fewer characters than pages have, so that the last page may fit or not.
        let gap = [UInt8](repeating: UInt8(ascii: "\n"), count: Int.random(in: 1...(page - 1), using: &random))
        let pages = Int.random(in: 31...33, using: &random)
        let body = bytes.flatMap { $0 == 0x20 ? [UInt8](repeating: 0x20, count: 30) : [$0] }
        let before = page * pages - Int.random(in: 0...body.count, using: &random) - gap.count
        return [UInt8](repeating: UInt8(ascii: "x"), count: 100) + gap
            + [UInt8](repeating: UInt8(ascii: "y"), count: max(0, before - 101)) + [0x20] + body + Array("  end\n".utf8)
    }
}

extension [UInt8] {
    fileprivate var uppercased: [UInt8] { map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 } }
}
