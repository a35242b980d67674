import Testing
import Unpacking

@Suite(.timeLimit(.minutes(1))) struct WarcTests {
    private static func payloads(of bytes: [UInt8]) throws(UnpackingError) -> [[UInt8]] {
        let file = MemoryFile(bytes)
        var records = WarcRecords(descriptor: file.descriptor, size: file.size)
        var payloads: [[UInt8]] = []
        while let record = try records.next() {
            payloads.append(Array(bytes[Int(record.payload.lowerBound)..<Int(record.payload.upperBound)]))
        }
        return payloads
    }

    private static func record(_ fields: String, _ block: String) -> [UInt8] {
        Array("WARC/1.0\r\n\(fields)Content-Length: \(block.utf8.count)\r\n\r\n\(block)\r\n\r\n".utf8)
    }

    @Test func `each record's payload is unchanged`() throws {
        let bytes = try Samples.bytes("pages.warc")
        #expect(ContainerForm(startingWith: bytes) == .warc)
        let payloads = try Self.payloads(of: bytes)
        // The first record describes the archive.
        #expect(payloads.count == 4)
        let isSame = Set(payloads.dropFirst()) == Set(Samples.plain.values)
        #expect(isSame)
    }

    @Test(arguments: 1...9) func `a cut file is reported as truncated`(tenths: Int) throws {
        let bytes = try Samples.bytes("pages.warc")
        for length in [bytes.count * tenths / 10, bytes.count - tenths] {
            let error = #expect(throws: UnpackingError.self) { try Self.payloads(of: Array(bytes.prefix(length))) }
            #expect(error?.code == .truncated, "cut to \(length)")
        }
    }

    @Test func `the payload of an HTTP response is its body`() throws {
        let answer = Self.record(
            "WARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nthe page")
        #expect(try Self.payloads(of: answer + answer) == [Array("the page".utf8), Array("the page".utf8)])
    }

    @Test func `an invalid record is an error`() {
        let samples: [([UInt8], UnpackingError.Code)] = [
            (Self.record("", "one") + Array("something else".utf8), .malformed),
            (Self.record("Content-Length: 2\r\n", "one"), .malformed),
            (Array("WARC/1.0\r\nWARC-Type: resource\r\n\r\n".utf8), .malformed),
            (Array("WARC/1.0\r\nContent-Length: -5\r\n\r\n\r\n\r\n".utf8), .malformed),
            (Array("WARC/1.0\r\nContent-Length: 9223372036854775807\r\n\r\n\r\n\r\n".utf8), .truncated),
            (Self.record("WARC-Segment-Number: 1\r\n", "one"), .method),
        ]
        for (bytes, code) in samples {
            let error = #expect(throws: UnpackingError.self) { try Self.payloads(of: bytes) }
            #expect(error?.code == code)
        }
    }
}
