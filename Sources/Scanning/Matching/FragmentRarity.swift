import CMatching
import Glibc

/// How often bytes occur in programs and data of this machine, to choose fragments that are rare.
struct FragmentRarity {
    private var counters = [UInt8](repeating: 0, count: Int(LZ_RARITY_COUNTERS))

    /// Bytes that are read of each sample.
    private static let sampleLength = 4 << 20
    /// Of a fragment's five sequences of four bytes, each occurs as often in the samples.
    private static let common = 8
    private static let fewestDistinctBytes = 4
    private static let fragmentLength = Int(LZ_FRAGMENT_LENGTH)
    private static let sequenceLength = 4

    init() {
        for file in Self.libraries.union(["/proc/self/exe", "/usr/lib/file/magic.mgc"]) { learn(file: file) }
        for text in Self.usualTexts { learn(Array(text.utf8)) }
    }

    /// What many documents begin with or contain.
    private static let usualTexts = [
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title></title></head><body><script type=\"text/javascript\">",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:document xmlns:w=\"http://schemas.openxml",
        "formats.org/wordprocessingml/2006/main\">[Content_Types].xml_rels/.rels", "<a href=\"https://www.",
        "%PDF-1.4 0 obj << /Type /Catalog /Pages /Font /Filter /FlateDecode /Length >> stream endstream endobj xref",
        "This program cannot be run in DOS mode.", "function() { return document.getElementById(",
        "#!/bin/sh\nset -e\n",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nMIME-Version: 1.0",
        "JFIF Exif Adobe Photoshop ICC_PROFILE http://ns.adobe.com/xap/1.0/ http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    ]

    /// The libraries of this process: code, and texts in the words of programs and their manuals.
    private static var libraries: Set<String> {
        let descriptor = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var (text, block) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = unsafe read(descriptor, &block, block.count)
            guard count > 0 else { break }
            text += block[..<count]
        }
        let paths = text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            line.firstIndex(of: UInt8(ascii: "/")).map { String(decoding: line[$0...], as: UTF8.self) }
        }
        return Set(paths.filter { $0.contains(".so") })
    }

    private mutating func learn(file path: String) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.sampleLength)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        if count > 0 { learn(Array(bytes[..<count])) }
    }

    /// A text is short, and each of its sequences counts.
    private mutating func learn(_ bytes: [UInt8]) {
        let rounds = bytes.count < 4096 ? Self.common * 3 : 1
        for round in 0..<rounds {
            let start = min(round % 3, bytes.count)
            unsafe bytes[start...].withUnsafeBufferPointer { part in
                unsafe lz_rarity_learn(&counters, part.baseAddress, part.count)
            }
        }
    }

    /// Returns the need for the rarest fragment of the runs, which are in lower case.
    func need(of runs: [[UInt8]]) -> FragmentNeed {
        var best: (fragment: UInt64, commonness: Int)?
        var isLong = false
        for run in runs where run.count >= Self.fragmentLength {
            isLong = true
            let rarity = unsafe run.withUnsafeBufferPointer { bytes in
                (0...(bytes.count - Self.sequenceLength)).map { at in
                    unsafe Int(lz_rarity(counters, bytes.baseAddress! + at))
                }
            }
            for start in 0...(run.count - Self.fragmentLength) {
                let sequences = rarity[start...(start + Self.fragmentLength - Self.sequenceLength)]
                let commonness = sequences.max()! << 12 + sequences.reduce(0, +)
                guard best.map({ commonness < $0.commonness }) ?? true, sequences.min()! < Self.common,
                    let fragment = Self.fragment(run[start..<(start + Self.fragmentLength)])
                else { continue }
                best = (fragment, commonness)
            }
        }
        guard let best else { return .nothing(isLong ? .common : .short) }
        return .oneOf([best.fragment], commonness: best.commonness)
    }

    /// Returns nil for bytes that are hardly distinct, or with a space among them: where the engine normalises a text,
    /// several spaces become one, but not where one of its buffers ends.
    private static func fragment(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        guard Set(bytes).count >= fewestDistinctBytes, !bytes.contains(UInt8(ascii: " ")) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
