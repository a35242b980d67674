import Domain
import Foundation
import TestKit
import Testing

@testable import Pipelines

struct NotifyTests {
    private static let topic = "arn:aws:sns:eu-central-1:123456789012:outcomes"

    private func text(_ notify: String, name: String = "uploads") -> [UInt8] {
        Array(
            """
            pipeline: \(name)
            match: { bucket: \(name)-inbox }
            notify:
            \(notify)
            then: { clean: { move: "s3://out/\(name)/{rest}" }, infected: delete, unscannable: delete, rejected: delete }
            """.utf8)
    }

    private func problems(_ notify: String) -> [String] {
        do throws(PipelineProblems) {
            _ = try PipelineSet(files: [(name: "1.yaml", text: text(notify))])
            return []
        } catch { return error.problems.map(\.description) }
    }

    @Test func `each kind of destination is read with its filters`() throws {
        let set = try PipelineSet(
            files: [
                (
                    name: "1.yaml",
                    text: text(
                        """
                          - sns: \(Self.topic)
                            verdicts: [infected, unscannable]
                            dispositions: [quarantined]
                            reviews: false
                          - { sqs: "https://sqs.eu-central-1.amazonaws.com/1/q.fifo", received: true }
                          - eventbridge: arn:aws:events:eu-central-1:1:event-bus/lazaret
                          - webhook: { url: "https://app.example:8443/hook", secrets: ["env:HOOK_1", "file:/run/s/hook"] }
                        """)
                )
            ])
        let rules = set.pipelines[0].notify
        #expect(
            rules.map(\.target.id) == [
                "sns:\(Self.topic)", "sqs:https://sqs.eu-central-1.amazonaws.com/1/q.fifo",
                "eventbridge:arn:aws:events:eu-central-1:1:event-bus/lazaret", "webhook:https://app.example:8443/hook",
            ])
        #expect(rules[0].verdicts == [.infected, .unscannable] && rules[0].dispositions == [.quarantined])
        #expect(
            rules.map(\.reviews) == [false, true, true, true] && rules.map(\.received) == [false, true, false, false])
        guard case .webhook(let webhook) = rules[3].target else { throw Unread() }
        #expect(webhook.secrets == [.environment("HOOK_1"), .file("/run/s/hook")])
    }

    private struct Unread: Error {}

    @Test(arguments: [
        ("  - {}", "no destination; expected one of"),
        ("  []", "found an empty list, expected a list"), ("  sns", "found 'sns', expected a list of destinations"),
        ("  - { sns: \(topic), eventbridge: default }", "2 destinations in one entry"),
        ("  - { sns: topic }", "found 'topic', expected the ARN of a topic"),
        ("  - { sns: \"arn:aws:sqs:eu-central-1:1:q\" }", "expected the ARN of a topic"),
        ("  - { sqs: \"arn:aws:sqs:eu-central-1:1:q\" }", "expected the URL of a queue"),
        ("  - { eventbridge: \"a b\" }", "expected the name or the ARN of an event bus"),
        ("  - { snss: \(topic) }", "unknown key 'snss'; did you mean 'sns'?"),
        ("  - { sns: \(topic), verdicts: [] }", "an empty list lets nothing through"),
        ("  - { sns: \(topic), verdicts: [cleen] }", "found 'cleen'; did you mean 'clean'?"),
        ("  - { sns: \(topic), dispositions: clean }", "expected a list"),
        ("  - { sns: \(topic), received: yes }", "expected true or false"),
        ("  - { sns: \(topic) }\n  - { sns: \(topic) }", "is there already"),
        ((1...9).map { "  - { eventbridge: bus\($0) }" }.joined(separator: "\n"), "9 destinations; expected at most 8"),
        ("  - webhook: { secrets: [\"env:A\"] }", "notify[0].webhook.url: missing"),
        ("  - webhook: { url: \"https://a.example/\" }", "notify[0].webhook.secrets: missing"),
        (
            "  - webhook: { url: \"https://a.example/\", secrets: [\"env:A\", \"env:B\", \"env:C\"] }",
            "one or two secrets"
        ),
    ])
    func `a mistake says what was expected`(notify: String, expected: String) {
        let found = problems(notify)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test(arguments: [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "\"env:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=\"",
        "file:MfKQ9r8GKYqrT",
    ])
    func `a secret in the pipeline is refused and not printed`(secret: String) {
        for list in [secret, "[\(secret)]", "{ a: \(secret) }", "[[\(secret)]]", "[{ a: \(secret) }]"] {
            let found = problems("  - webhook: { url: \"https://a.example/\", secrets: \(list) }")
            #expect(!found.isEmpty && !found.contains { $0.contains("MfKQ9") }, "\(found)")
        }
    }

    @Test(arguments: [
        ("http://a.example/", false), ("http://10.0.0.1/", false), ("http://127.0.0.1.example/", false),
        ("http://127.0.0.1:80/", true), ("http://localhost:8080/hook", true), ("http://[::1]:8080/", true),
        ("https://a.example", true), ("https://10.0.0.1:8443/x/y", true), ("https://[2001:db8::1]/", true),
        ("https://user:pass@a.example/", false), ("https://a.example/?token=x", false), ("https://a.example/#x", false),
        ("https://169.254.169.254/", false), ("https://[fd00:ec2::254]/", false), ("https://[fe80::1]/", false),
        ("https://metadata.google.internal/", false), ("ftp://a.example/", false), ("https:///x", false),
        ("https://a.example:0/", false), ("https://a.example:99999/", false), ("https://a\\b/", false),
        ("https://[::1/", false), ("HTTPS://A.example/", true), ("http://LOCALHOST/", true), ("http://127.1/", false),
    ])
    func `a webhook's URL is encrypted, or of this machine, and of no metadata service`(url: String, isAccepted: Bool) {
        let escaped = url.replacingOccurrences(of: "\\", with: "\\\\")
        let found = problems("  - webhook: { url: \"\(escaped)\", secrets: [\"env:A\"] }")
        #expect(found.isEmpty == isAccepted, "\(found)")
    }

    @Test func `two pipelines may share a webhook, with the same secrets`() throws {
        func set(_ second: String) throws -> PipelineSet {
            func rule(_ secret: String) -> String {
                "  - webhook: { url: \"https://a.example/\", secrets: [\"\(secret)\"] }"
            }
            return try PipelineSet(files: [
                (name: "1.yaml", text: text(rule("env:A"), name: "a")),
                (name: "2.yaml", text: text(rule(second), name: "b")),
            ])
        }
        #expect(try set("env:A").pipelines.count == 2)
        #expect {
            try set("env:B")
        } throws: {
            "\($0)"
                == "2.yaml:4:5: notify: the pipeline at 1.yaml:4 has other secrets for 'https://a.example/'; a destination has the same ones everywhere"
        }
    }
}
