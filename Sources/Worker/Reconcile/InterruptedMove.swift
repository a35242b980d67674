internal import Domain
package import Ledger
package import Support

/// A job that was not finished and that nobody works on, and what was done about it.
package struct InterruptedMove: Sendable {
    package enum Result: Sendable, Equatable {
        /// A dry run: nothing was changed.
        case would
        /// The text says what was done.
        case done(String)
        /// The job belongs to somebody else at the moment.
        case left(String)
        /// The job stays as it is until a person has looked at it.
        case person(String)
        /// A service failed; another run may succeed.
        case failed(String)
    }

    package let record: JobRecord
    /// Nil if it does not matter, or could not be found out.
    package let state: ObjectState?
    /// Nil if a service failed before it was chosen.
    package let repair: RepairAction?
    package let result: Result

    /// For people: `01…ef  s3://b/k  source and copy are both there; finished: …`
    package var line: String {
        let object = record.job.object
        let location = object.location
        return "\(record.job.id)  \(location)  \(stateText); \(resultText)"
    }

    /// Writes the fields of a line of `lazaret reconcile --json`. Give it a writer that keeps nulls.
    package func write(to json: inout JSONWriter) {
        let object = record.job.object
        json.field("job", record.job.id.text)
        json.field("bucket", object.bucket)
        json.field("key", object.key.text)
        json.field("versionId", object.versionID)
        json.field("etag", object.etag)
        json.field("outcome", record.outcome?.kind.rawValue)
        json.field("verdict", record.judgement?.verdict.rawValue)
        json.field("found", state?.code)
        json.field("remedy", repair?.code)
        result.write(to: &json)
    }

    private var stateText: String {
        let job = record.outcome.map { $0.kind.rawValue } ?? (record.judgement == nil ? "open, not judged" : "open")
        guard let state else { return job }
        let objects =
            switch state.code {
            case "both": "source and copy are there"
            case "source": "the source is there"
            case "copy": "the copy is there"
            case "replaced": "another upload is there"
            default: "neither source nor copy is there"
            }
        return "\(job), \(objects)"
    }

    private var resultText: String {
        result == .would ? "would \(repair?.verb ?? "do nothing")" : result.text
    }
}

extension InterruptedMove.Result {
    /// For people.
    package var text: String {
        switch self {
        case .would: "would finish it"
        case .done(let text), .left(let text): text
        case .person(let text): "needs a person: \(text)"
        case .failed(let text): "failed: \(text)"
        }
    }

    package func write(to json: inout JSONWriter) {
        let (word, detail) = words
        json.field("result", word)
        json.field("detail", detail)
    }

    private var words: (String, detail: String?) {
        switch self {
        case .would: ("would", nil)
        case .done(let text): ("done", text)
        case .left(let text): ("left", text)
        case .person(let text): ("person", text)
        case .failed(let text): ("failed", text)
        }
    }
}

extension RepairAction {
    fileprivate var code: String {
        switch self {
        case .finish: "finish"
        case .reopen: "finish-anew"
        case .send: "send"
        case .deleteSource: "delete-source"
        case .nothing: "nothing"
        case .person: "person"
        }
    }

    fileprivate var verb: String {
        switch self {
        case .finish: "finish it"
        case .reopen: "open it again and finish it"
        case .send: "send its event again"
        case .deleteSource: "delete the source"
        case .nothing, .person: "do nothing"
        }
    }

    /// The reason in the audit trail.
    var reason: String {
        switch self {
        case .finish: "not finished, and nobody works on it: finished"
        case .reopen: "failed after its copy was made: opened again and finished"
        case .send: "open, and nobody works on it: its event is sent again"
        case .deleteSource: "settled, and its source is still there: the source is deleted"
        case .nothing, .person: "nothing is done"
        }
    }
}
