package import Domain
package import Support

extension JobRecord {
    /// The job as one line of `lazaret jobs list --json`, without a newline. Other programs read it: fields may be
    /// added at the end, but not renamed. A field without a value is `null`.
    package var jsonLine: [UInt8] { JSONWriter.object(keepingNulls: true) { write(to: &$0) } }

    /// Writes the fields of `lazaret jobs list --json`. The writer must keep nulls.
    package func write(to json: inout JSONWriter) {
        let evidence = judgement?.evidence
        json.field("job", job.id.text)
        json.field("pipeline", pipeline)
        json.field("bucket", job.object.bucket)
        json.field("key", job.object.key.text)
        json.field("versionId", job.object.versionID)
        json.field("etag", job.object.etag)
        json.field("sequencer", job.event.sequencer)
        json.field("size", job.event.size)
        json.field("outcome", outcome?.kind.rawValue)
        json.field("verdict", judgement?.verdict.rawValue)
        json.objects("findings", judgement?.findings ?? []) { finding, json in
            json.field("kind", finding.kind.rawValue)
            json.field("name", finding.name)
            json.field("detail", finding.detail)
            json.field("path", finding.path)
        }
        json.object("type") { json in
            json.field("declared", evidence?.declaredType)
            json.field("detected", evidence?.detectedType)
        }
        json.field("sha256", evidence?.sha256)
        json.object("evidence") { evidence.write(to: &$0) }
        json.field("disposition", disposition?.rawValue)
        json.field("destination", destination)
        json.field("attempts", attemptCount)
        json.field("firstReceivedAt", firstReceivedAt.description)
        json.field("finishedAt", finishedAt?.description)
        json.field("error", error)
        json.field("strandedAt", strandedAt?.description)
        json.field("judgedAt", judgedAt?.description)
        json.field("rules", basis.rules)
        json.field("plannedDestination", basis.destination.map { Destination($0) })
        json.field("heldBy", heldBy)
        json.field("heldUntil", heldUntil?.description)
        json.object("uploader") { json in
            json.field("principal", job.event.uploader.principal)
            json.field("sourceIp", job.event.uploader.sourceIP)
            json.field("requestId", job.event.uploader.requestID)
            // Texts that the uploader chose, as JSON within a string.
            json.field("metadata", basis.facts.userMetadata)
            json.field("tags", basis.facts.userTags)
            json.field("contentDisposition", basis.facts.contentDisposition)
        }
        json.field("lastModified", basis.facts.lastModified?.description)
        json.field("review", review?.rawValue)
    }

    /// What was done with the object; nil if the job is not settled.
    package var disposition: Disposition? {
        guard case .settled(_, let disposition, _) = outcome else { return nil }
        return disposition
    }

    /// Where the object was copied to; nil if it was not copied.
    package var destination: Destination? {
        guard case .settled(_, _, let destination) = outcome else { return nil }
        return destination
    }
}

extension JSONWriter {
    /// Writes a destination as `{"bucket":…,"key":…,"versionId":…}`.
    package mutating func field(_ name: String, _ destination: Destination?) {
        guard let destination else { return field(name, nil as String?) }
        object(name) { json in
            json.field("bucket", destination.location.bucket)
            json.field("key", destination.location.key.text)
            json.field("versionId", destination.versionID)
        }
    }
}

extension Evidence? {
    /// Writes the fields of `evidence` in `lazaret jobs list --json` and `lazaret scan --json`. If it is nil, each
    /// field is `null` or an empty list.
    package func write(to json: inout JSONWriter) {
        json.field("bytesRead", self?.bytesRead)
        json.field("engine", self?.engine)
        json.field("signatures", self?.signatures)
        json.field("scanMillis", self?.scanMilliseconds)
        json.field("limits", self?.limits ?? [])
        json.objects("databases", self?.databases ?? []) { database, json in
            json.field("name", database.name)
            json.field("version", database.version)
            json.field("built", database.built.description)
        }
        json.field("objects", self?.objects)
        json.field("deepest", self?.deepest)
        json.field("method", self?.method?.rawValue)
        json.field("recovered", self?.extracted)
        json.objects("forms", self?.forms ?? []) { form, json in form.write(to: &json) }
        json.field("vouchedBy", self?.vouchedBy?.text)
    }
}
