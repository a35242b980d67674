import Glibc
import ScanProtocol
import Support
import Unpacking

extension Engine {
    /// The largest encoded stream, and the largest output of each of its filters. Both are held in memory.
    private static var maximumEncoded: Int64 { 64 << 20 }
    private static var maximumDecoded: Int64 { 128 << 20 }

    /// Decodes the streams that the engine does not, and scans the output.
    borrowing func extractStreams(of container: PendingContainer, _ budget: ScanBudget, type: (CInt, Int64) -> String) {
        for stream in container.streams {
            let canGoOn = inspect(part: "object \(stream.object)", of: container, budget, type: type) {
                file, limit throws(UnpackingError) in
                let output = try decode(stream, of: container, limit: min(limit, Self.maximumDecoded))
                if output.isDamaged {
                    ScanRecord.current.note(ScanGap(.malformed, "object \(stream.object) of a PDF cannot be decoded"))
                }
                guard !output.hitLimit else { throw UnpackingError(.tooLarge, "more than \(limit) bytes") }
                try writeScratch(output.bytes[...], to: file, at: 0)
                return Int64(output.bytes.count)
            }
            guard canGoOn else { return }
        }
    }

    private borrowing func decode(
        _ stream: PDFStream, of container: PendingContainer, limit: Int64
    ) throws(UnpackingError) -> PDFOutput {
        let count = Int64(stream.extent.count)
        guard count <= Self.maximumEncoded else {
            throw UnpackingError(.tooLarge, "a stream of \(count) encoded bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let offset = container.offset + stream.extent.lowerBound
        let done = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(container.descriptor, offset: offset, into: $0) }
        guard done == bytes.count else { throw UnpackingError(.read, SystemError("read").description) }
        return Scanning.decode(stream.steps, bytes, limit: Int(limit))
    }
}
