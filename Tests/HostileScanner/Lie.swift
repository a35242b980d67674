import CHostile
import Domain
import Glibc
import ScanProtocol
import TestRandom

/// What a child may send instead of a valid reply.
enum Lie: String {
    case cutReply = "cut-reply"
    case garbage
    case longReply = "long-reply"
    case hugeClaim = "huge-claim"
    case emptyPacket = "empty-packet"
    case otherQuestion = "other-question"
    case twoReplies = "two-replies"
    case otherNonce = "other-nonce"
    case noNonce = "no-nonce"
    case aheadOfTheNext = "ahead-of-the-next"
    case descriptor = "descriptor-reply"
    case manyDescriptors = "many-descriptors"
    case ownSocket = "own-socket"
    case clean

    func perform(_ script: Script, _ question: Question) -> [UInt8]? {
        let facts = Self.cleanFacts(question.size)
        let clean = ScanReply.scanned(facts).packet
        switch self {
        case .cutReply:
            return Array(clean.prefix(clean.count / 2))
        case .garbage:
            var random = SeededGenerator(seed: UInt64(script.words.first ?? "") ?? 0)
            return (0..<Int.random(in: 1...4096, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        case .longReply:
            return [UInt8](repeating: 1, count: Packet.maximumLength + 1)
        case .hugeClaim:
            // Every length and count has its largest value, and the numbers 4 GiB.
            return [Packet.version, clean[1]] + [UInt8](repeating: 0xFF, count: 200)
        case .emptyPacket:
            question.send([])
            waitForNextRequest()
        case .otherQuestion:
            switch question.request {
            case .identify: return clean
            case .scan: return ScanReply.type("text/plain").packet
            }
        case .twoReplies:
            question.send(question.nonce.append(to: clean))
            return clean
        case .otherNonce:
            question.send(Nonce.random().append(to: clean))
            waitForNextRequest()
        case .noNonce:
            question.send(clean)
            waitForNextRequest()
        case .aheadOfTheNext:
            question.send(question.nonce.append(to: ScanReply.refused("taken over").packet))
            waitForNextRequest()
            question.send(question.nonce.append(to: clean))
            while true {}
        case .descriptor:
            question.send(question.nonce.append(to: clean), descriptors: [question.descriptor])
            waitForNextRequest()
        case .manyDescriptors:
            let many = [CInt](repeating: question.descriptor, count: 250)
            question.send(question.nonce.append(to: clean), descriptors: many)
            waitForNextRequest()
        case .ownSocket:
            question.send(question.nonce.append(to: clean), descriptors: [Question.socket])
            waitForNextRequest()
        case .clean:
            return ScanReply.scanned(Self.spoil(facts, script.words.first ?? "")).packet
        }
        return clean
    }

    /// The facts of a finished scan that found nothing in an object of this size.
    static func cleanFacts(_ size: Int64) -> ScanFacts {
        var facts = ScanFacts()
        (facts.sizeBefore, facts.sizeAfter, facts.bytesRead, facts.isRootSeen) = (size, size, size, true)
        (facts.rootType, facts.detectedType, facts.layers) = ("CL_TYPE_TEXT_ASCII", "text/plain", 1)
        return facts
    }

    /// The same facts with one inconsistent field.
    private static func spoil(_ facts: ScanFacts, _ field: String) -> ScanFacts {
        var facts = facts
        switch field {
        case "unread": (facts.bytesRead, facts.isRootSeen, facts.layers) = (0, false, 0)
        case "bytes-read": facts.bytesRead -= 1
        case "too-many-bytes-read": facts.bytesRead = .max
        case "size-before": facts.sizeBefore = 0
        case "size-after": facts.sizeAfter = .max
        case "root": facts.isRootSeen = false
        case "code": facts.code = .min
        case "match-without-name": facts.code = 1
        case "type": facts.detectedType = ""
        case "warning-count": facts.warningCount = .max
        case "warnings": facts.warnings = ["read failed"]
        case "alerts-left-out": facts.alertsLeftOut = .max
        case "cut-layers": facts.cutLayers = .max
        case "unmatched-layers": facts.unmatchedLayers = .max
        case "unopened": facts.unopened = ["CL_TYPE_RAR"]
        case "gaps": facts.gaps = [ScanGap(.read, "half of it")]
        case "gaps-left-out": facts.gapsLeftOut = .max
        default: break
        }
        return facts
    }
}

/// Waits until the next request has arrived, without receiving it.
private func waitForNextRequest() { _ = hostile_await(Question.socket) }
