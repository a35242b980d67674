import Glibc
import ScanProtocol
import Support
import Unpacking

extension Engine {
    /// What one stream may hold packed, and unpacked after each of its filters: both stand in memory.
    private static var mostPacked: Int64 { 64 << 20 }
    private static var mostUnpacked: Int64 { 128 << 20 }

    /// Undoes the filters of those streams that the engine leaves as they are, and has it go over what comes out.
    borrowing func recoverStreams(of backlog: Backlog, _ allowance: ScanBudget, type: (CInt, Int64) -> String) {
        for stream in backlog.streams {
            let goesOn = inspect(part: "object \(stream.object)", of: backlog, allowance, type: type) {
                file, limit throws(UnpackingError) in
                let output = try undo(stream, of: backlog, limit: min(limit, Self.mostUnpacked))
                if output.isDamaged {
                    ScanRecord.current.note(ScanGap(.malformed, "object \(stream.object) of a PDF cannot be unpacked"))
                }
                guard !output.isFull else { throw UnpackingError(.tooLarge, "more than \(limit) bytes") }
                try writeScratch(output.bytes[...], to: file, at: 0)
                return Int64(output.bytes.count)
            }
            guard goesOn else { return }
        }
    }

    private borrowing func undo(
        _ stream: PDFStream, of backlog: Backlog, limit: Int64
    ) throws(UnpackingError) -> PDFOutput {
        let count = Int64(stream.extent.count)
        guard count <= Self.mostPacked else { throw UnpackingError(.tooLarge, "a stream of \(count) packed bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let place = backlog.offset + stream.extent.lowerBound
        let done = unsafe bytes.withUnsafeMutableBytes { unsafe readAt(backlog.descriptor, offset: place, into: $0) }
        guard done == bytes.count else { throw UnpackingError(.read, SystemError("read").description) }
        return Scanning.undo(stream.steps, bytes, limit: Int(limit))
    }
}
