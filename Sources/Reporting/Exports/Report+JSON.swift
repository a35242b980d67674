internal import Domain
internal import Ledger
internal import Support

extension Report {
    /// The figures as one JSON object. Times are ISO 8601 in UTC, durations milliseconds.
    package var json: [UInt8] { JSONWriter.object(keepingNulls: true, write) }

    private func write(to json: inout JSONWriter) {
        json.field("since", period.since.description)
        json.field("until", period.until.description)
        json.object("received") { all.write(to: &$0) }
        json.object("outcomes") { json in
            for (name, count) in outcomes.sorted(by: { $0.key < $1.key }) {
                json.object(name) { count.write(to: &$0) }
            }
        }
        json.object("verdicts") { json in
            for verdict in Verdict.allCases {
                json.object(verdict.rawValue) { (verdicts[verdict] ?? Count()).write(to: &$0) }
            }
        }
        write("signatures", signatures, to: &json)
        write("rules", rules, to: &json)
        write("refusedUnscanned", refusedUnscanned, to: &json)
        write("letThrough", letThrough, to: &json)
        write("types", types, to: &json)
        write("pipelines", pipelines, to: &json)
        write("uploaders", uploaders, to: &json)
        write("engines", engines, to: &json)
        json.object("timeToVerdict") { json in
            json.field("count", timeToVerdict.count)
            json.field("p50", timeToVerdict.percentile(50))
            json.field("p95", timeToVerdict.percentile(95))
            json.field("max", timeToVerdict.count > 0 ? timeToVerdict.maximum : nil)
        }
        json.objects("databases", signatureAges.sorted { $0.key < $1.key }) { database, json in
            json.field("name", database.key)
            json.field("verdicts", database.value.uses)
            json.field("lowestVersion", database.value.lowestVersion)
            json.field("highestVersion", database.value.highestVersion)
            json.field("leastAge", database.value.youngest)
            json.field("greatestAge", database.value.oldest)
        }
        json.object("reviews") { json in
            for (state, count) in reviews.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                json.object(state.rawValue) { count.write(to: &$0) }
            }
        }
        json.field("stranded", stranded.count)
        json.objects("actions", actions.elements) { entry, json in
            json.field("at", entry.at.description)
            json.field("actor", entry.actor)
            json.field("action", entry.action)
            json.field("subject", entry.subject)
            json.field("job", entry.job?.text)
            json.field("reason", entry.reason)
        }
        json.field("actionCount", actions.count)
        json.object("ledgerHead") { json in
            json.field("sequence", head.sequence)
            json.field("hash", head.hash)
            json.field("at", head.at.description)
        }
    }

    private func write(_ name: String, _ counts: RankedCounts, to json: inout JSONWriter) {
        json.objects(name, counts.top(RankedCounts.maximumTexts)) { entry, json in
            json.field("name", entry.text)
            entry.count.write(to: &json)
        }
    }
}

extension Count {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("objects", objects)
        json.field("bytes", bytes)
        json.field("first", first?.description)
        json.field("last", last?.description)
    }
}
