import Domain

/// Reads `notify`: a list of destinations, each with its filters.
enum NotifyReader {
    /// The keys that name a destination.
    private static let targets = ["sns", "sqs", "eventbridge", "webhook"]

    static func rules(_ top: Section, problems: inout ProblemList) -> [PipelineDraft.Located<NotifyRule>] {
        guard let entry = top.entry("notify") else { return [] }
        guard case .sequence(let elements) = entry.value.content, !elements.isEmpty else {
            let found = if case .sequence = entry.value.content { "an empty list" } else { entry.value.summary }
            problems.add(
                entry.value.isNull ? entry.keyPosition : entry.value.position, "notify",
                "found \(found), expected a list of destinations, each with one of \(targets.joined(separator: ", "))")
            return []
        }
        if elements.count > NotifyRule.most {
            problems.add(
                entry.value.position, "notify", "\(elements.count) destinations; expected at most \(NotifyRule.most)")
        }
        var seen: Set<String> = []
        return elements.enumerated().compactMap { index, element in
            guard let rule = rule(element, path: "notify[\(index)]", problems: &problems) else { return nil }
            guard seen.insert(rule.target.id).inserted else {
                problems.add(element.position, "notify[\(index)]", "\(quoted(rule.target.id)) is there already")
                return nil
            }
            return PipelineDraft.Located(value: rule, position: element.position)
        }
    }

    private static func rule(_ node: YAMLNode, path: String, problems: inout ProblemList) -> NotifyRule? {
        guard
            let section = Section(
                node, path: path, position: node.position, keys: PipelineKeys.notify, problems: &problems)
        else { return nil }
        let named = section.all.filter { targets.contains($0.key) }
        guard named.count == 1 else {
            problems.add(
                named.last?.keyPosition ?? section.position, path,
                "\(named.isEmpty ? "no destination" : "\(named.count) destinations in one entry"); expected one of \(targets.joined(separator: ", "))"
            )
            return nil
        }
        let verdicts = section.list("verdicts", of: ScalarParser<Verdict>.word, problems: &problems)
        let dispositions = section.list("dispositions", of: ScalarParser<Disposition>.word, problems: &problems)
        for (key, count) in [("verdicts", verdicts?.count), ("dispositions", dispositions?.count)] where count == 0 {
            guard let entry = section.entry(key), entry.value.elements.isEmpty else { continue }
            problems.add(
                entry.value.position, section.path(to: key),
                "an empty list lets nothing through; omit the key to send all")
        }
        let received = section.value("received", as: .boolean, problems: &problems)
        let reviews = section.value("reviews", as: .boolean, problems: &problems)
        return target(section, problems: &problems).map {
            NotifyRule(
                target: $0, verdicts: verdicts.map(Set.init), dispositions: dispositions.map(Set.init),
                received: received ?? false, reviews: reviews ?? true)
        }
    }

    private static func target(_ section: Section, problems: inout ProblemList) -> NotifyTarget? {
        if let arn = section.value("sns", as: .topic, problems: &problems) { return .sns(arn) }
        if let url = section.value("sqs", as: .queue, problems: &problems) { return .sqs(url) }
        if let bus = section.value("eventbridge", as: .bus, problems: &problems) { return .eventBridge(bus) }
        guard let webhook = section.section("webhook", keys: PipelineKeys.webhook, problems: &problems) else {
            return nil
        }
        let url = webhook.required("url", "an https URL", problems: &problems)
            .flatMap { _ in webhook.value("url", as: .webhook, problems: &problems) }
        let expected = "a list of one or two secrets, each env:NAME or file:/path"
        guard let entry = webhook.required("secrets", expected, problems: &problems) else { return nil }
        // What is found is not printed: it may be the secret.
        guard (1...2).contains(entry.value.elements.count) else {
            problems.add(entry.keyPosition, webhook.path(to: "secrets"), "expected \(expected)")
            return nil
        }
        guard let url, let secrets = webhook.list("secrets", of: .secret, problems: &problems) else { return nil }
        return secrets.count == entry.value.elements.count
            ? .webhook(NotifyTarget.Webhook(url: url, secrets: secrets)) : nil
    }
}

extension ScalarParser<String> {
    fileprivate static var topic: ScalarParser {
        ScalarParser(expected: "the ARN of a topic, such as arn:aws:sns:eu-central-1:123456789012:outcomes") {
            text, _ throws(ScalarError) in
            guard isARN(text, service: "sns") else { throw .unexpected }
            return text
        }
    }

    fileprivate static var queue: ScalarParser {
        ScalarParser(expected: "the URL of a queue") { text, _ throws(ScalarError) in
            guard let url = PlainURL(text), url.path.utf8.count > 1 else { throw .unexpected }
            return text
        }
    }

    fileprivate static var bus: ScalarParser {
        ScalarParser(expected: "the name or the ARN of an event bus") { text, _ throws(ScalarError) in
            let isName = text.utf8.allSatisfy { isLetterOrDigit($0) || "._/-".utf8.contains($0) }
            guard isARN(text, service: "events") || (isName && (1...256).contains(text.utf8.count)) else {
                throw .unexpected
            }
            return text
        }
    }

    fileprivate static var webhook: ScalarParser {
        ScalarParser(expected: "an https URL without user, query and fragment") { text, _ throws(ScalarError) in
            guard let url = PlainURL(text) else { throw .unexpected }
            guard url.isSecure || url.isLoopback else {
                throw .message("\(quoted(text)) is not encrypted: expected https; http is for this machine only")
            }
            guard !url.isMetadataService else {
                throw .message("\(quoted(text)) is an address of the machine's metadata service")
            }
            return text
        }
    }
}

extension ScalarParser<SecretSource> {
    fileprivate static var secret: ScalarParser {
        ScalarParser(expected: "env:NAME or file:/path; the secret itself must not be in the pipeline") {
            text, _ throws(ScalarError) in
            // What is found is not printed: it may be the secret.
            let refusal = ScalarError.message(
                "expected env:NAME or file:/path: a secret is never in the pipeline itself")
            if text.hasPrefix("env:") {
                let name = text.dropFirst(4)
                let isName = name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
                guard isName, (1...256).contains(name.utf8.count) else { throw refusal }
                return .environment(String(name))
            }
            guard text.hasPrefix("file:/"), text.utf8.count <= 4096, !text.utf8.contains(0) else { throw refusal }
            return .file(String(text.dropFirst(5)))
        }
    }
}

private func isARN(_ text: String, service: String) -> Bool {
    guard text.utf8.count <= 1024, let arn = ARN(text), arn.service == service else { return false }
    return [arn.partition, arn.region, arn.account, arn.resource].allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { isLetterOrDigit($0) || "._/-".utf8.contains($0) }
    }
}
