/// The payloads of a WARC file.
package struct WarcOpener: LayerOpener {
    private let layer: FileSlice
    private var records: WarcRecords
    private var payload: Range<Int64>?

    package init(_ layer: FileSlice) {
        self.layer = layer
        records = WarcRecords(descriptor: layer.descriptor, offset: layer.start, size: layer.size)
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        payload = nil
        while let record = try records.next() {
            guard !record.payload.isEmpty else { continue }
            payload = record.payload
            return LayerPart(record.name, size: Int64(record.payload.count))
        }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard let payload else { return 0 }
        return try layer.copy(payload, into: file, limit: limit)
    }

    package var unaccounted: [Range<Int64>] { [] }
}
