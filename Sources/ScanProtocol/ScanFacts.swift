package import Domain

/// The facts of one scan, as the child reports them. The worker's `Judging` module decides what they mean.
package struct ScanFacts: Sendable, Equatable {
    /// libclamav's return code (`cl_error_t`); with several passes, the first that is neither clean nor a match.
    package var code: Int32 = 0
    /// The file's length when the scan began and when it ended, by fstat.
    package var sizeBefore: Int64 = 0
    package var sizeAfter: Int64 = 0
    /// Bytes of the file that were read.
    package var bytesRead: Int64 = 0
    /// Whether the engine reported that it scans the object itself.
    package var isRootSeen = false
    /// The engine's own name for the object's type (`CL_TYPE_…`).
    package var rootType = ""
    /// Number of layers: the object and everything unpacked from it.
    package var layers: UInt32 = 0
    /// The deepest inspected level: 0 is the object itself, 1 its members.
    package var deepest: UInt32 = 0
    package var method = ScanMethod.whole
    /// Members that the engine missed and that were extracted and scanned separately.
    package var extracted: UInt32 = 0
    /// Whether the object is a container whose members libarchive listed to the end.
    package var isListed = false
    /// Parts that were not inspected, as far as the child noticed.
    package var gaps: [ScanGap] = []
    /// Gaps that did not fit into the reply.
    package var gapsLeftOut: UInt32 = 0
    /// MIME types of further forms in which the object can be read.
    package var secondTypes: [String] = []
    /// Layers that were cut at the size limit without an alert.
    package var cutLayers: UInt32 = 0
    /// Layers of a type that the engine skips, and that no further pass inspected.
    package var unmatchedLayers: UInt32 = 0
    /// Types of containers that the engine recognises and does not open (`CL_TYPE_…`).
    package var unopened: [String] = []
    /// The MIME type of the whole file; empty if the request contained it.
    package var detectedType = ""
    /// Names of signatures and heuristics that the engine reported, each once.
    package var alerts: [String] = []
    /// Where each alert was raised: the names of the parts that lead to the layer, empty for the object itself and if
    /// the place is not known. As many as there are alerts, or none.
    package var alertPaths: [String] = []
    /// The forms that were found, how many layers of each, and who opened them.
    package var forms: [FormCount] = []
    /// Alerts that did not fit into the reply.
    package var alertsLeftOut: UInt32 = 0
    /// The first warnings and errors in the engine's log.
    package var warnings: [String] = []
    /// How many warnings and errors there were.
    package var warningCount: UInt32 = 0
    package var milliseconds: Int64 = 0
    /// Whether signatures that need a fragment were left out, since none of their fragments stands in any layer.
    package var isFiltered = false
    /// Alerts of such signatures in an object in which the filter had found no fragment.
    package var missedAlerts: [String] = []

    /// The bounds of all lists and texts together keep the longest reply within one packet.
    package static let maximumAlerts = 64
    package static let maximumForms = 64
    package static let maximumWarnings = 8
    package static let maximumUnopened = 16
    package static let maximumGaps = 32
    package static let maximumSecondTypes = 8
    package static let maximumMissedAlerts = 8
    static let maximumName = 256
    /// The longest name that this program or the engine gives to a form or type, in bytes.
    static let maximumTypeName = 64
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
            writer.write(gap.path, atMost: Self.maximumName)
        }
        writer.write(gapsLeftOut &+ UInt32(max(0, gaps.count - Self.maximumGaps)))
        writer.write(secondTypes, atMost: Self.maximumSecondTypes) { $0.write($1, atMost: Self.maximumName) }
        writer.write(cutLayers)
        writer.write(unmatchedLayers)
        writer.write(unopened, atMost: Self.maximumUnopened) { $0.write($1, atMost: Self.maximumTypeName) }
        writer.write(detectedType, atMost: Self.maximumName)
        writer.write(alerts, atMost: Self.maximumAlerts) { $0.write($1, atMost: Self.maximumName) }
        writer.write(alertPaths, atMost: Self.maximumAlerts) { $0.write($1, atMost: Self.maximumName) }
        writer.write(forms, atMost: Self.maximumForms) { writer, form in
            writer.write(form.form, atMost: Self.maximumTypeName)
            writer.write(form.opener.code)
            writer.write(form.layers)
        }
        writer.write(alertsLeftOut &+ UInt32(max(0, alerts.count - Self.maximumAlerts)))
        writer.write(warnings, atMost: Self.maximumWarnings) { $0.write($1, atMost: Self.maximumWarning) }
        writer.write(warningCount)
        writer.write(milliseconds)
        writer.write(isFiltered)
        writer.write(missedAlerts, atMost: Self.maximumMissedAlerts) { $0.write($1, atMost: Self.maximumName) }
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
            let detail = try item.text(atMost: Self.maximumName)
            return ScanGap(kind, detail, path: try item.text(atMost: Self.maximumName))
        }
        gapsLeftOut = try reader.number()
        secondTypes = try reader.list("second types", atMost: Self.maximumSecondTypes) { item throws(PacketError) in
            try item.text(atMost: Self.maximumName)
        }
        cutLayers = try reader.number()
        unmatchedLayers = try reader.number()
        unopened = try reader.list("unopened", atMost: Self.maximumUnopened) { item throws(PacketError) in
            try item.text(atMost: Self.maximumTypeName)
        }
        detectedType = try reader.text(atMost: Self.maximumName)
        alerts = try reader.list("alerts", atMost: Self.maximumAlerts) { item throws(PacketError) in
            try item.text(atMost: Self.maximumName)
        }
        alertPaths = try reader.list("alert paths", atMost: Self.maximumAlerts) { item throws(PacketError) in
            try item.text(atMost: Self.maximumName)
        }
        forms = try reader.list("forms", atMost: Self.maximumForms) { item throws(PacketError) in
            let form = try item.text(atMost: Self.maximumTypeName)
            guard let opener = CoverageRow.Opener(code: try item.number()) else { throw .badValue("opener") }
            return FormCount(form: form, opener: opener, layers: try item.number())
        }
        alertsLeftOut = try reader.number()
        warnings = try reader.list("warnings", atMost: Self.maximumWarnings) { item throws(PacketError) in
            try item.text(atMost: Self.maximumWarning)
        }
        warningCount = try reader.number()
        milliseconds = try reader.count("milliseconds", atMost: Duration.longestMilliseconds)
        isFiltered = try reader.flag()
        missedAlerts = try reader.list("missed", atMost: Self.maximumMissedAlerts) { item throws(PacketError) in
            try item.text(atMost: Self.maximumName)
        }
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
