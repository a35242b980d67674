package import Domain

/// What happened while the engine went over one object, as it happened: the worker decides what it amounts to.
package struct ScanFacts: Sendable, Equatable {
    /// libclamav's return code (`cl_error_t`); of several passes the first that is neither clean nor a match.
    package var code: Int32 = 0
    /// The file's length when the scan began and when it ended, by fstat.
    package var sizeBefore: Int64 = 0
    package var sizeAfter: Int64 = 0
    /// Bytes of the file that were read.
    package var bytesRead: Int64 = 0
    /// Whether the engine said that it takes the object itself up.
    package var isRootSeen = false
    /// The engine's own name for the object's type (`CL_TYPE_…`).
    package var rootType = ""
    /// The object and all that was unpacked from it.
    package var layers: UInt32 = 0
    /// The deepest level that was inspected: 0 is the object itself, 1 what is packed in it.
    package var deepest: UInt32 = 0
    /// How the object was gone over.
    package var method = ScanMethod.whole
    /// Members that the engine missed, and that were unpacked and scanned all the same.
    package var extracted: UInt32 = 0
    /// Whether the object is a container whose members libarchive listed to its true end.
    package var isListed = false
    /// What was not inspected, as far as the child noticed.
    package var gaps: [ScanGap] = []
    /// Gaps that did not fit into the reply.
    package var gapsLeftOut: UInt32 = 0
    /// MIME types in whose form the object can be read as well, beside its own.
    package var secondTypes: [String] = []
    /// Layers that were cut at the size limit without an alert.
    package var cutLayers: UInt32 = 0
    /// Layers of a type that the engine passes over, and that no second pass made good for.
    package var unmatchedLayers: UInt32 = 0
    /// Layers of containers that the engine knows and does not open (`CL_TYPE_…`).
    package var unopened: [String] = []
    /// The MIME type of the whole file; empty where the request brought it.
    package var detectedType = ""
    /// Names of signatures and heuristics, as the engine says them, each once.
    package var alerts: [String] = []
    /// Alerts that did not fit into the reply.
    package var alertsLeftOut: UInt32 = 0
    /// The first warnings and errors that the engine logged.
    package var warnings: [String] = []
    /// All of them.
    package var warningCount: UInt32 = 0
    package var milliseconds: Int64 = 0

    package static let maximumAlerts = 128
    package static let maximumWarnings = 8
    package static let maximumUnopened = 16
    package static let maximumGaps = 32
    package static let maximumSecondTypes = 8
    static let maximumName = 256
    static let maximumWarning = 512

    package init() {}

    func write(to writer: inout PacketWriter) {
        writer.write(code)
        writer.write(sizeBefore)
        writer.write(sizeAfter)
        writer.write(bytesRead)
        writer.write(isRootSeen)
        writer.write(rootType, atMost: Self.maximumName)
        writer.write(layers)
        writer.write(deepest)
        writer.write(method.code)
        writer.write(extracted)
        writer.write(isListed)
        writer.write(gaps, atMost: Self.maximumGaps) { writer, gap in
            writer.write(gap.kind.rawValue)
            writer.write(gap.detail, atMost: Self.maximumName)
        }
        writer.write(gapsLeftOut &+ UInt32(max(0, gaps.count - Self.maximumGaps)))
        writer.write(secondTypes, atMost: Self.maximumSecondTypes) { $0.write($1, atMost: Self.maximumName) }
        writer.write(cutLayers)
        writer.write(unmatchedLayers)
        writer.write(unopened, atMost: Self.maximumUnopened) { $0.write($1, atMost: Self.maximumName) }
        writer.write(detectedType, atMost: Self.maximumName)
        writer.write(alerts, atMost: Self.maximumAlerts) { $0.write($1, atMost: Self.maximumName) }
        writer.write(alertsLeftOut &+ UInt32(max(0, alerts.count - Self.maximumAlerts)))
        writer.write(warnings, atMost: Self.maximumWarnings) { $0.write($1, atMost: Self.maximumWarning) }
        writer.write(warningCount)
        writer.write(milliseconds)
    }

    init(from reader: inout PacketReader) throws(PacketError) {
        code = try reader.number()
        sizeBefore = try reader.count("size before")
        sizeAfter = try reader.count("size after")
        bytesRead = try reader.count("bytes read")
        isRootSeen = try reader.flag()
        rootType = try reader.text(atMost: Self.maximumName)
        layers = try reader.number()
        deepest = try reader.number()
        guard let method = ScanMethod(code: try reader.number()) else { throw .badValue("method") }
        self.method = method
        extracted = try reader.number()
        isListed = try reader.flag()
        gaps = try reader.list("gaps", atMost: Self.maximumGaps) { item throws(PacketError) in
            guard let kind = ScanGap.Kind(rawValue: try item.number()) else { throw .badValue("gap") }
            return ScanGap(kind, try item.text(atMost: Self.maximumName))
        }
        gapsLeftOut = try reader.number()
        secondTypes = try reader.list("second types", atMost: Self.maximumSecondTypes) { item throws(PacketError) in
            try item.text(atMost: Self.maximumName)
        }
        cutLayers = try reader.number()
        unmatchedLayers = try reader.number()
        unopened = try reader.list("unopened", atMost: Self.maximumUnopened) { item throws(PacketError) in
            try item.text(atMost: Self.maximumName)
        }
        detectedType = try reader.text(atMost: Self.maximumName)
        alerts = try reader.list("alerts", atMost: Self.maximumAlerts) { item throws(PacketError) in
            try item.text(atMost: Self.maximumName)
        }
        alertsLeftOut = try reader.number()
        warnings = try reader.list("warnings", atMost: Self.maximumWarnings) { item throws(PacketError) in
            try item.text(atMost: Self.maximumWarning)
        }
        warningCount = try reader.number()
        milliseconds = try reader.count("milliseconds")
    }
}

extension ScanMethod {
    /// The method in a packet.
    fileprivate var code: UInt8 {
        switch self {
        case .whole: 0
        case .members: 1
        case .windows: 2
        }
    }

    fileprivate init?(code: UInt8) {
        guard let method = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = method
    }
}
