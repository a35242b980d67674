package import Domain

/// What the scanner's first process tells the worker over the control socket.
package enum ControlReport: Sendable, Equatable {
    /// The engine stands; children follow.
    case ready(EngineFacts)
    /// The scanner cannot work and ends; the reason says what to do.
    case failed(reason: String)
    /// A child waits for requests at the socket whose descriptor comes with this packet.
    case childStarted(slot: Int, process: Int32)
    /// A child ended, with the status that waitpid(2) gave, and what the scanner knows of why: empty, or the bound that it
    /// passed.
    case childEnded(slot: Int, process: Int32, status: Int32, reason: String = "")

    private enum Tag {
        static let ready: UInt8 = 129
        static let failed: UInt8 = 130
        static let childStarted: UInt8 = 131
        static let childEnded: UInt8 = 132
    }

    package var packet: [UInt8] {
        switch self {
        case .ready(let facts):
            var writer = PacketWriter(tag: Tag.ready)
            facts.write(to: &writer)
            return writer.bytes
        case .failed(let reason):
            var writer = PacketWriter(tag: Tag.failed)
            writer.write(reason)
            return writer.bytes
        case .childStarted(let slot, let process):
            var writer = PacketWriter(tag: Tag.childStarted)
            writer.write(UInt16(slot))
            writer.write(process)
            return writer.bytes
        case .childEnded(let slot, let process, let status, let reason):
            var writer = PacketWriter(tag: Tag.childEnded)
            writer.write(UInt16(slot))
            writer.write(process)
            writer.write(status)
            writer.write(reason)
            return writer.bytes
        }
    }

    package init(packet: [UInt8], count: Int) throws(PacketError) {
        var reader = try PacketReader(packet, count: count)
        switch reader.tag {
        case Tag.ready:
            self = .ready(try EngineFacts(from: &reader))
        case Tag.failed:
            self = .failed(reason: try reader.text())
        case Tag.childStarted:
            self = .childStarted(slot: Int(try reader.number(UInt16.self)), process: try reader.count("process"))
        case Tag.childEnded:
            self = .childEnded(
                slot: Int(try reader.number(UInt16.self)), process: try reader.count("process"),
                status: try reader.number(), reason: try reader.text())
        default:
            throw .unknownTag(reader.tag)
        }
        try reader.finish()
    }
}

/// What the worker tells the scanner's first process. The end of the control socket says: stop.
package enum ControlOrder: Sendable, Equatable {
    /// End the child of this slot, unless another one stands there by now.
    case kill(slot: Int, process: Int32)

    private static let killTag: UInt8 = 193

    package var packet: [UInt8] {
        switch self {
        case .kill(let slot, let process):
            var writer = PacketWriter(tag: Self.killTag)
            writer.write(UInt16(slot))
            writer.write(process)
            return writer.bytes
        }
    }

    package init(packet: [UInt8], count: Int) throws(PacketError) {
        var reader = try PacketReader(packet, count: count)
        guard reader.tag == Self.killTag else { throw .unknownTag(reader.tag) }
        self = .kill(slot: Int(try reader.number(UInt16.self)), process: try reader.count("process"))
        try reader.finish()
    }
}

/// The engine as it was loaded.
package struct EngineFacts: Sendable, Equatable {
    /// `ClamAV 1.4.6`
    package var engine: String
    /// Signatures in all databases, as the engine counted them while loading.
    package var signatures: Int64
    package var databases: [SignatureDatabase]
    /// Whether the set finds the EICAR test file.
    package var findsEicar = false
    /// What shuts the children in, each layer of it, as a child found it.
    package var sandbox: [SandboxLayer] = []

    package static let maximumSandboxLayers = 32
    package static let maximumDatabases = 200
    private static let maximumName = 255

    package init(
        engine: String, signatures: Int64, databases: [SignatureDatabase], findsEicar: Bool = false,
        sandbox: [SandboxLayer] = []
    ) {
        self.engine = engine
        self.signatures = signatures
        self.databases = databases
        self.findsEicar = findsEicar
        self.sandbox = sandbox
    }

    func write(to writer: inout PacketWriter) {
        writer.write(engine)
        writer.write(signatures)
        writer.write(databases, atMost: Self.maximumDatabases) { writer, database in
            writer.write(database.name, atMost: Self.maximumName)
            writer.write(database.version != nil)
            writer.write(database.version ?? 0)
            writer.write(database.signatures ?? 0)
            writer.write(database.built.milliseconds)
        }
        writer.write(findsEicar)
        writer.write(sandbox, atMost: Self.maximumSandboxLayers) { writer, layer in
            writer.write(layer.name, atMost: Self.maximumName)
            writer.write(layer.isGiven)
            writer.write(layer.detail, atMost: Self.maximumName)
        }
    }

    init(from reader: inout PacketReader) throws(PacketError) {
        engine = try reader.text()
        signatures = try reader.count("signatures")
        databases = try reader.list("databases", atMost: Self.maximumDatabases) { reader throws(PacketError) in
            let name = try reader.text(atMost: Self.maximumName)
            let hasVersion = try reader.flag()
            let version: Int64 = try reader.number()
            return SignatureDatabase(
                name: name, version: hasVersion ? version : nil, signatures: try reader.count("signatures"),
                built: Timestamp(milliseconds: try reader.number()))
        }
        findsEicar = try reader.flag()
        sandbox = try reader.list("sandbox", atMost: Self.maximumSandboxLayers) { reader throws(PacketError) in
            SandboxLayer(
                try reader.text(atMost: Self.maximumName), isGiven: try reader.flag(),
                detail: try reader.text(atMost: Self.maximumName))
        }
    }
}

/// One layer of what shuts a child in: `seccomp`, `landlock`, `network namespace`, …
package struct SandboxLayer: Sendable, Equatable {
    package let name: String
    /// Whether this kernel, and this user, gave it.
    package let isGiven: Bool
    /// For people: what the layer is made of where it is given, why it is not where it is missing.
    package let detail: String

    package init(_ name: String, isGiven: Bool, detail: String = "") {
        self.name = name
        self.isGiven = isGiven
        self.detail = detail
    }
}
