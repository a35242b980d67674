import Domain
import ScanProtocol
import TestRandom
import Testing

struct MessageTests {
    static let facts: ScanFacts = {
        var facts = ScanFacts()
        facts.code = 1
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead) = (68, 68, 68)
        facts.isRootSeen = true
        facts.rootType = "CL_TYPE_ZIP"
        (facts.layers, facts.cutLayers, facts.unmatchedLayers) = (3, 1, 2)
        facts.unopened = ["CL_TYPE_RAR"]
        facts.detectedType = "application/zip"
        facts.alerts = ["Eicar", "Heuristics.Encrypted.Zip"]
        facts.alertsLeftOut = 4
        facts.warnings = ["cannot read"]
        facts.warningCount = 9
        facts.milliseconds = 12
        return facts
    }()
    static let requests: [ScanRequest] = [
        .identify(size: 0, encoding: nil), .identify(size: .max, encoding: .brotli),
        .scan(size: 5, limits: ScanLimits(), knownType: nil, encoding: .gzip),
        .scan(
            size: 1 << 40,
            limits: ScanLimits(
                timeout: .milliseconds(1500), maxScanSize: 1, maxFiles: 2, maxRecursion: 3, encrypted: .allow),
            knownType: "image/png", encoding: nil),
    ]
    static let replies: [ScanReply] = [
        .type("text/plain"), .type(""), .refused("no"), .scanned(ScanFacts()), .scanned(facts),
    ]
    static let reports: [ControlReport] = [
        .failed(reason: "no signatures"), .childStarted(slot: 3, process: 77),
        .childEnded(slot: 0, process: 1, status: 9),
        .childEnded(slot: 1, process: 2, status: 9, reason: "its scratch folder held more than 8 MiB"),
        .ready(
            EngineFacts(
                engine: "ClamAV 1.4.6", signatures: 8_000_000,
                databases: [
                    .init(name: "main.cvd", version: 62, signatures: 7, built: Timestamp(milliseconds: 1)),
                    .init(name: "demo.ndb", version: nil, signatures: 1, built: Timestamp(milliseconds: -1)),
                ], findsEicar: true, falseAlarm: "Rule in a harmless text")),
    ]
    static let orders: [ControlOrder] = [.kill(slot: 1, process: 4242)]

    @Test func `every message survives a round trip`() throws {
        for request in Self.requests {
            #expect(try ScanRequest(packet: request.packet, count: request.packet.count) == request)
        }
        for reply in Self.replies { #expect(try ScanReply(packet: reply.packet, count: reply.packet.count) == reply) }
        for report in Self.reports {
            #expect(try ControlReport(packet: report.packet, count: report.packet.count) == report)
        }
        for order in Self.orders { #expect(try ControlOrder(packet: order.packet, count: order.packet.count) == order) }
    }

    static let packets = requests.map(\.packet) + replies.map(\.packet) + reports.map(\.packet) + orders.map(\.packet)

    @Test func `no packet is read as a message of another kind`() {
        for packet in Self.packets {
            #expect(Self.readings(packet) == 1)
        }
    }

    @Test func `a packet cut at any place is refused`() {
        for packet in Self.packets {
            for count in 0..<packet.count { #expect(Self.readings(Array(packet.prefix(count))) == 0) }
        }
    }

    @Test func `a packet with one byte more is refused`() {
        for packet in Self.packets { #expect(Self.readings(packet + [0]) == 0) }
    }

    @Test func `the largest reply fits a packet and counts what was left out`() throws {
        var facts = ScanFacts()
        let long = String(repeating: "x", count: 2000)
        facts.alerts = (0..<500).map { "\($0) \(long)" }
        facts.alertsLeftOut = 10
        facts.warnings = Array(repeating: long, count: 100)
        facts.unopened = Array(repeating: long, count: 100)
        (facts.rootType, facts.detectedType) = (long, long)
        facts.alertPaths = Array(repeating: long, count: 500)
        facts.gaps = Array(repeating: ScanGap(ScanGap.Kind.allCases[0], long, path: long), count: 100)
        facts.secondTypes = Array(repeating: long, count: 100)
        facts.forms = Array(repeating: FormCount(form: long, opener: .ours, layers: 1), count: 100)
        let packet = ScanReply.scanned(facts).packet
        #expect(packet.count + Nonce.length <= Packet.maximumLength)
        guard case .scanned(let read) = try ScanReply(packet: packet, count: packet.count) else {
            Issue.record("not the reply that was written")
            return
        }
        #expect(read.alerts.count == ScanFacts.maximumAlerts)
        #expect(read.alertsLeftOut == 10 + 500 - UInt32(ScanFacts.maximumAlerts))
    }

    @Test func `the largest report fits a packet`() {
        let database = SignatureDatabase(
            name: String(repeating: "n", count: 500), version: 1, signatures: 1, built: Timestamp(milliseconds: 0))
        let facts = EngineFacts(engine: "x", signatures: 1, databases: Array(repeating: database, count: 1000))
        #expect(ControlReport.ready(facts).packet.count <= Packet.maximumLength)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 3, 4] as [UInt64])
    func `random and mutated packets never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var taken = 0
        for round in 0..<20_000 {
            var packet: [UInt8]
            if round.isMultiple(of: 2) {
                packet = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                if packet.count > 1 {
                    (packet[0], packet[1]) = (
                        1, [1, 2, 65, 66, 67, 129, 130, 131, 132, 193].randomElement(using: &random)!
                    )
                }
            } else {
                packet = Self.packets.randomElement(using: &random)!
                for _ in 0...Int.random(in: 0...3, using: &random) {
                    let index = Int.random(in: 0..<packet.count, using: &random)
                    switch Int.random(in: 0...3, using: &random) {
                    case 0: packet[index] = UInt8.random(in: 0...255, using: &random)
                    case 1: packet[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
                    case 2: packet.insert(0xFF, at: index)
                    default: if packet.count > 1 { packet.remove(at: index) }
                    }
                }
            }
            taken += Self.readings(packet)
        }
        #expect(taken > 0, "some mutated messages are still valid")
    }

    /// The number of message kinds as which a packet can be read; what was read must be writable again.
    private static func readings(_ packet: [UInt8]) -> Int {
        var count = 0
        if let message = try? ScanRequest(packet: packet, count: packet.count) {
            count += message.packet.isEmpty ? 0 : 1
        }
        if let message = try? ScanReply(packet: packet, count: packet.count) { count += message.packet.isEmpty ? 0 : 1 }
        if let message = try? ControlReport(packet: packet, count: packet.count) {
            count += message.packet.isEmpty ? 0 : 1
        }
        if let message = try? ControlOrder(packet: packet, count: packet.count) {
            count += message.packet.isEmpty ? 0 : 1
        }
        return count
    }
}
