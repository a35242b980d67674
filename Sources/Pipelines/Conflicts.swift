/// Finds conflicts among pipelines: duplicate names, overlapping matches, destinations that feed a pipeline, and
/// quarantines that share keys with promoted objects.
///
/// Two matches that an exclude may not fully separate conflict.
func conflicts(among drafts: [PipelineDraft]) -> [Problem] {
    sharedNames(drafts) + overlaps(drafts) + loops(drafts) + mixedDestinations(drafts) + differentOwners(drafts)
        + differentSecrets(drafts)
}

private func differentOwners(_ drafts: [PipelineDraft]) -> [Problem] {
    var known: [String: (account: String, draft: PipelineDraft, position: Position)] = [:]
    var problems: [Problem] = []
    for draft in drafts {
        guard let owners = draft.owners else { continue }
        for (bucket, account) in owners.value.sorted(by: { $0.key < $1.key }) {
            guard let other = known[bucket] else {
                known[bucket] = (account, draft, owners.position)
                continue
            }
            guard other.account != account else { continue }
            problems.append(
                problem(
                    draft, owners.position, BucketOwnerReader.key,
                    "the pipeline at \(location(other.draft, other.position)) expects \(quoted(bucket)) to be of the "
                        + "account \(other.account), not \(account)"))
        }
    }
    return problems
}

/// A destination is one for all pipelines, so it has the same secrets in each.
private func differentSecrets(_ drafts: [PipelineDraft]) -> [Problem] {
    var known: [String: (secrets: [SecretSource], draft: PipelineDraft, position: Position)] = [:]
    var problems: [Problem] = []
    for draft in drafts {
        for rule in draft.notify {
            guard case .webhook(let webhook) = rule.value.target else { continue }
            guard let other = known[webhook.url] else {
                known[webhook.url] = (webhook.secrets, draft, rule.position)
                continue
            }
            guard other.secrets != webhook.secrets else { continue }
            problems.append(
                problem(
                    draft, rule.position, "notify",
                    "the pipeline at \(location(other.draft, other.position)) has other secrets for "
                        + "\(quoted(webhook.url)); a destination has the same ones everywhere"))
        }
    }
    return problems
}

private func sharedNames(_ drafts: [PipelineDraft]) -> [Problem] {
    var owners: [String: PipelineDraft] = [:]
    return drafts.compactMap { draft in
        guard let name = draft.name else { return nil }
        guard let owner = owners[name.value], let first = owner.name else {
            owners[name.value] = draft
            return nil
        }
        return problem(
            draft, name.position, "pipeline",
            "\(quoted(name.value)) is already the name of the pipeline at \(location(owner, first.position)); names must be "
                + "unique")
    }
}

private func overlaps(_ drafts: [PipelineDraft]) -> [Problem] {
    var earlier: [String: [PipelineDraft]] = [:]
    var problems: [Problem] = []
    for draft in drafts {
        guard let match = draft.match else { continue }
        for other in earlier[match.value.bucket] ?? [] {
            guard let theirs = other.match, mayOverlap(match.value, theirs.value) else { continue }
            problems.append(
                problem(
                    draft, match.position, "match",
                    "\(match.value.pattern) overlaps the pipeline at \(location(other, theirs.position)), which matches "
                        + "\(theirs.value.pattern): an object could match both; use separate prefixes, or exclude the "
                        + "other's whole prefix with a pattern that ends in '*'"))
        }
        earlier[match.value.bucket, default: []].append(draft)
    }
    return problems
}

/// Returns whether an object may match both. Only keys with the longer prefix can.
private func mayOverlap(_ one: Match, _ other: Match) -> Bool {
    let longer = one.prefixBytes.count > other.prefixBytes.count ? one.prefixBytes : other.prefixBytes
    return one.mayMatchKey(startingWith: longer) && other.mayMatchKey(startingWith: longer)
}

private func loops(_ drafts: [PipelineDraft]) -> [Problem] {
    let matching = Dictionary(grouping: drafts.filter { $0.match != nil }) { $0.match?.value.bucket ?? "" }
    return drafts.flatMap { draft in
        draft.routes.flatMap { route -> [Problem] in
            let prefix = Array(route.destination.keyPrefix.utf8)
            return (matching[route.destination.bucket] ?? []).compactMap { other in
                guard let match = other.match, match.value.mayMatchKey(startingWith: prefix) else { return nil }
                let whose = other.file == draft.file ? "this pipeline itself" : "the pipeline"
                return problem(
                    draft, route.position, route.path,
                    "\(quoted(route.destination.description)) would feed \(whose) at "
                        + "\(location(other, match.position)), which matches \(match.value.pattern); "
                        + "choose another bucket or prefix")
            }
        }
    }
}

/// Uploaders choose the keys of promoted objects. With a quarantine under the same prefix, a clean upload could lie in
/// the quarantine, and readers of the permanent prefix could get a quarantined object.
private func mixedDestinations(_ drafts: [PipelineDraft]) -> [Problem] {
    let routes = drafts.flatMap { draft in draft.routes.map { (draft: draft, route: $0) } }
    let promotions = Dictionary(grouping: routes.filter(\.route.isPromotion)) { $0.route.destination.bucket }
    return routes.compactMap { draft, route in
        guard !route.isPromotion else { return nil }
        let prefix = Array(route.destination.keyPrefix.utf8)
        let shared = (promotions[route.destination.bucket] ?? []).first { other in
            let theirs = Array(other.route.destination.keyPrefix.utf8)
            return prefix.starts(with: theirs) || theirs.starts(with: prefix)
        }
        guard let shared else { return nil }
        return problem(
            draft, route.position, route.path,
            "\(quoted(route.destination.description)) may share keys with the clean objects that "
                + "\(location(shared.draft, shared.route.position)) moves to "
                + "\(quoted(shared.route.destination.description)); quarantine needs a separate bucket or prefix")
    }
}

private func problem(_ draft: PipelineDraft, _ position: Position, _ path: String, _ message: String) -> Problem {
    Problem(file: draft.file, line: position.line, column: position.column, path: path, message: message)
}

private func location(_ draft: PipelineDraft, _ position: Position) -> String { "\(draft.file):\(position.line)" }
