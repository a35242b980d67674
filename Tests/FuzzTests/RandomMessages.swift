import Domain
import ScanProtocol
import TestRandom

/// Random messages of every kind, and random damage to their packets.
struct RandomMessages {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    enum Message: Equatable {
        case request(ScanRequest)
        case reply(ScanReply)
        case report(ControlReport)
        case order(ControlOrder)

        var packet: [UInt8] {
            switch self {
            case .request(let one): one.packet
            case .reply(let one): one.packet
            case .report(let one): one.packet
            case .order(let one): one.packet
            }
        }
    }

    /// The messages that the decoders read from a packet.
    static func readings(_ packet: [UInt8], count: Int) -> [Message] {
        var read: [Message] = []
        if let one = try? ScanRequest(packet: packet, count: count) { read.append(.request(one)) }
        if let one = try? ScanReply(packet: packet, count: count) { read.append(.reply(one)) }
        if let one = try? ControlReport(packet: packet, count: count) { read.append(.report(one)) }
        if let one = try? ControlOrder(packet: packet, count: count) { read.append(.order(one)) }
        return read
    }

    mutating func message() -> Message {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .request(.identify(size: size(), encoding: encoding()))
        case 1:
            .request(
                .scan(
                    size: size(), limits: limits(), knownType: flag() ? nil : "x" + text(200), encoding: encoding(),
                    matching: PatternMatching.allCases.randomElement(using: &random)!))
        case 2: .reply(.type(text(1024)))
        case 3: .reply(.refused(text(1024)))
        case 4...5: .reply(.scanned(facts()))
        case 6: .report(.ready(engine()))
        case 7: .report(.failed(reason: text(1024)))
        case 8:
            flag()
                ? .report(.childStarted(slot: slot(), process: process()))
                : .report(.childEnded(slot: slot(), process: process(), status: number(), reason: text(300)))
        default: .order(.kill(slot: slot(), process: process()))
        }
    }

    mutating func encoding() -> ContentEncoding? {
        flag() ? nil : ContentEncoding.allCases.randomElement(using: &random)
    }

    mutating func facts() -> ScanFacts {
        var facts = ScanFacts()
        facts.code = number()
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead) = (size(), size(), size())
        (facts.isRootSeen, facts.isListed) = (flag(), flag())
        (facts.rootType, facts.detectedType) = (text(256), text(256))
        (facts.layers, facts.deepest, facts.extracted) = (number(), number(), number())
        facts.method = ScanMethod.allCases.randomElement(using: &random)!
        facts.gaps = list(ScanFacts.maximumGaps) { messages in
            ScanGap(
                ScanGap.Kind.allCases.randomElement(using: &messages.random)!, messages.text(256),
                path: messages.text(256))
        }
        facts.secondTypes = list(ScanFacts.maximumSecondTypes) { $0.text(256) }
        facts.unopened = list(ScanFacts.maximumUnopened) { $0.text(64) }
        facts.alerts = list(ScanFacts.maximumAlerts) { $0.text(256) }
        facts.alertPaths = list(ScanFacts.maximumAlerts) { $0.text(256) }
        facts.forms = list(ScanFacts.maximumForms) { messages in
            FormCount(
                form: messages.text(64), opener: CoverageRow.Opener.allCases.randomElement(using: &messages.random)!,
                layers: messages.number())
        }
        facts.warnings = list(ScanFacts.maximumWarnings) { $0.text(512) }
        (facts.gapsLeftOut, facts.cutLayers, facts.unmatchedLayers) = (number(), number(), number())
        (facts.alertsLeftOut, facts.warningCount) = (number(), number())
        facts.isFiltered = flag()
        facts.missedAlerts = list(ScanFacts.maximumMissedAlerts) { $0.text(256) }
        facts.milliseconds = Int64.random(in: 0...Duration.longestMilliseconds, using: &random)
        return facts
    }

    private mutating func engine() -> EngineFacts {
        EngineFacts(
            engine: text(1024), signatures: size(),
            databases: list(EngineFacts.maximumDatabases) { messages in
                .init(
                    name: messages.text(60), version: messages.flag() ? messages.number() : nil,
                    signatures: messages.size(),
                    built: Timestamp(milliseconds: messages.number()))
            }, findsEicar: flag(), falseAlarm: text(255),
            sandbox: list(EngineFacts.maximumSandboxLayers) {
                SandboxLayer($0.text(255), isGiven: $0.flag(), detail: $0.text(255))
            })
    }

    private mutating func limits() -> ScanLimits {
        ScanLimits(
            timeout: .milliseconds(Int64.random(in: 0...Duration.longestMilliseconds, using: &random)),
            maxScanSize: size(),
            maxFiles: Int(size()), maxRecursion: Int(size()), encrypted: flag() ? .allow : .unscannable,
            overCeiling: flag() ? .stream : .unscannable, hashesImages: flag(),
            unknown: flag() ? .unscannable : .match)
    }

    // MARK: Parts

    mutating func flag() -> Bool { Bool.random(using: &random) }

    private mutating func number<Number: FixedWidthInteger>() -> Number {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: 0
        case 1: .max
        case 2: .min
        default: Number.random(in: .min ... .max, using: &random)
        }
    }

    private mutating func size() -> Int64 { number() & .max }
    private mutating func slot() -> Int { Int(number() as UInt16) }
    private mutating func process() -> Int32 { number() & .max }

    /// Random text without control characters, of at most `limit` bytes.
    private mutating func text(_ limit: Int) -> String {
        var text = ""
        var bytes = 0
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            let value = [0x20...0x7E, 0xA0...0x7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF].randomElement(using: &random)!
            let scalar = Unicode.Scalar(
                UInt32.random(in: UInt32(value.lowerBound)...UInt32(value.upperBound), using: &random))!
            bytes += UTF8.encode(scalar)!.count
            guard bytes <= limit else { break }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    private mutating func list<Element>(_ most: Int, _ element: (inout RandomMessages) -> Element) -> [Element] {
        let count = flag() ? Int.random(in: 0...min(3, most), using: &random) : Int.random(in: 0...most, using: &random)
        return (0..<count).map { _ in element(&self) }
    }

    // MARK: Damage

    /// Random bytes, or a packet with a few of: flipped bits, changed bytes, a cut, a splice of another packet, a
    /// length field of all ones or zeros, extra bytes.
    mutating func damaged() -> [UInt8] {
        if Int.random(in: 0..<5, using: &random) == 0 {
            return (0..<Int.random(in: 0...300, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        }
        var packet = message().packet
        for _ in 0..<Int.random(in: 1...4, using: &random) where !packet.isEmpty {
            let at = Int.random(in: 0..<packet.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: packet[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: packet[at] = .random(in: 0...255, using: &random)
            case 2: packet.removeLast(packet.count - at)
            case 3: packet = Array(packet[..<at] + message().packet.suffix(Int.random(in: 0...100, using: &random)))
            case 4: for index in at..<min(at + 2, packet.count) { packet[index] = flag() ? 0xFF : 0 }
            case 5: packet += [UInt8](repeating: .random(in: 0...255, using: &random), count: at % 64)
            default: packet.removeSubrange(at..<min(packet.count, at + Int.random(in: 1...8, using: &random)))
            }
        }
        return packet
    }
}
