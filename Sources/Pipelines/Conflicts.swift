/// What no file shows alone: names given twice, objects that two pipelines would take, destinations that feed a
/// pipeline, quarantine laid among what was promoted.
///
/// Where an exclude might keep two apart but does not surely do so, they conflict.
func conflicts(among drafts: [Draft]) -> [Problem] {
    sharedNames(drafts) + overlaps(drafts) + loops(drafts) + mixedPlaces(drafts)
}

private func sharedNames(_ drafts: [Draft]) -> [Problem] {
    var owners: [String: Draft] = [:]
    return drafts.compactMap { draft in
        guard let name = draft.name else { return nil }
        guard let owner = owners[name.value], let first = owner.name else {
            owners[name.value] = draft
            return nil
        }
        return problem(
            draft, name.position, "pipeline",
            "\(quoted(name.value)) is the name in \(place(owner, first.position)) too; each pipeline has its own")
    }
}

private func overlaps(_ drafts: [Draft]) -> [Problem] {
    var earlier: [String: [Draft]] = [:]
    var problems: [Problem] = []
    for draft in drafts {
        guard let match = draft.match else { continue }
        for other in earlier[match.value.bucket] ?? [] {
            guard let theirs = other.match, mayShareAnObject(match.value, theirs.value) else { continue }
            problems.append(
                problem(
                    draft, match.position, "match",
                    "takes \(match.value.shown), and \(place(other, theirs.position)) takes \(theirs.value.shown): "
                        + "an object under both would have two owners; choose prefixes apart, or an exclude that "
                        + "covers the other's prefix with a '*' at its end"))
        }
        earlier[match.value.bucket, default: []].append(draft)
    }
    return problems
}

/// Whether some object may be taken by both. The keys that could be are those under the longer prefix.
private func mayShareAnObject(_ one: Match, _ other: Match) -> Bool {
    let longer = one.prefixBytes.count > other.prefixBytes.count ? one.prefixBytes : other.prefixBytes
    return one.mayTakeKey(startingWith: longer) && other.mayTakeKey(startingWith: longer)
}

private func loops(_ drafts: [Draft]) -> [Problem] {
    let takers = Dictionary(grouping: drafts.filter { $0.match != nil }) { $0.match?.value.bucket ?? "" }
    return drafts.flatMap { draft in
        draft.routes.flatMap { route -> [Problem] in
            let head = Array(route.destination.keyHead.utf8)
            return (takers[route.destination.bucket] ?? []).compactMap { taker in
                guard let match = taker.match, match.value.mayTakeKey(startingWith: head) else { return nil }
                let whose = taker.file == draft.file ? "this pipeline itself" : "the pipeline"
                return problem(
                    draft, route.position, route.path,
                    "\(quoted(route.destination.description)) would feed \(whose) at "
                        + "\(place(taker, match.position)), which takes \(match.value.shown); "
                        + "choose another bucket or prefix")
            }
        }
    }
}

/// An uploader names what is moved: were the quarantine under the same prefix, a clean upload could stand in the midst
/// of it, and whoever reads the permanent prefix could meet what was quarantined.
private func mixedPlaces(_ drafts: [Draft]) -> [Problem] {
    let routes = drafts.flatMap { draft in draft.routes.map { (draft: draft, route: $0) } }
    let promotions = Dictionary(grouping: routes.filter(\.route.isPromotion)) { $0.route.destination.bucket }
    return routes.compactMap { draft, route in
        guard !route.isPromotion else { return nil }
        let head = Array(route.destination.keyHead.utf8)
        let shared = (promotions[route.destination.bucket] ?? []).first { other in
            let theirs = Array(other.route.destination.keyHead.utf8)
            return head.starts(with: theirs) || theirs.starts(with: head)
        }
        guard let shared else { return nil }
        return problem(
            draft, route.position, route.path,
            "\(quoted(route.destination.description)) may lie among what "
                + "\(place(shared.draft, shared.route.position)) moves to "
                + "\(quoted(shared.route.destination.description)); quarantine needs a place of its own")
    }
}

private func problem(_ draft: Draft, _ position: Position, _ path: String, _ message: String) -> Problem {
    Problem(file: draft.file, line: position.line, column: position.column, path: path, message: message)
}

private func place(_ draft: Draft, _ position: Position) -> String { "\(draft.file):\(position.line)" }
