internal import Domain
package import Ledger
package import Support

/// One job that stood half-way, and what was done about it.
package struct InterruptedMove: Sendable {
    package enum Result: Sendable, Equatable {
        /// Nothing was changed, as was asked; the remedy would be tried.
        case would
        /// The text says what came of it.
        case done(String)
        /// It is somebody else's at the moment.
        case left(String)
        /// It stays as it is until a person has looked.
        case person(String)
        /// A service failed; another run may do.
        case failed(String)
    }

    package let record: JobRecord
    /// Where the object and its copy are; nil where that does not matter, or could not be found out.
    package let found: ObjectState?
    /// Nil where it was not come to.
    package let remedy: RepairAction?
    package let result: Result

    /// For people: `01…ef  s3://b/k  source and copy are both there; finished: …`
    package var line: String {
        let object = record.job.object
        let place = ObjectLocation(bucket: object.bucket, key: object.key)
        return "\(record.job.id)  \(place)  \(standing); \(outcome)"
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
        json.field("found", found?.code)
        json.field("remedy", remedy?.code)
        let (word, detail) = result.words
        json.field("result", word)
        json.field("detail", detail)
    }

    private var standing: String {
        let job = record.outcome.map { $0.kind.rawValue } ?? (record.judgement == nil ? "open, not judged" : "open")
        guard let found else { return job }
        let places =
            switch found.code {
            case "both": "source and copy are there"
            case "source": "the source is there"
            case "copy": "the copy is there"
            case "replaced": "another upload is there"
            default: "neither source nor copy is there"
            }
        return "\(job), \(places)"
    }

    private var outcome: String {
        switch result {
        case .would: "would \(remedy?.verb ?? "do nothing")"
        case .done(let text), .left(let text): text
        case .person(let text): "needs a person: \(text)"
        case .failed(let text): "failed: \(text)"
        }
    }
}

extension InterruptedMove.Result {
    fileprivate var words: (String, detail: String?) {
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
        case .finishAnew: "finish-anew"
        case .send: "send"
        case .deleteSource: "delete-source"
        case .nothing: "nothing"
        case .person: "person"
        }
    }

    fileprivate var verb: String {
        switch self {
        case .finish: "finish it"
        case .finishAnew: "open it again and finish it"
        case .send: "send its event again"
        case .deleteSource: "delete the source"
        case .nothing, .person: "do nothing"
        }
    }

    /// For the audit trail.
    var reason: String {
        switch self {
        case .finish: "half done and without an owner: brought to its end"
        case .finishAnew: "failed with its copy in place: brought to its end"
        case .send: "open and without an owner: its event is sent again"
        case .deleteSource: "settled with its source still there: the source is deleted"
        case .nothing, .person: "nothing is done"
        }
    }
}
