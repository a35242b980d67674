package import AWS
package import Domain

// What says that a copy is the copy:
//
// | the copy was made | by what it is known |
// |---|---|
// | in one request, the answer tells the copy's SHA-256 | it is that of the bytes that were inspected (`InspectedBytes.swift`) |
// | in one request, the source's ETag is the MD5 of its bytes | the answer's ETag is the source's |
// | in one request, else | the copy was pinned to version or ETag; a HEAD of the new ETag and version has the source's length; where nothing explains the new ETag, a HEAD of the source finds it as it was |
// | by parts | each part was pinned to version and ETag and answered with an ETag; S3 put together exactly the parts with those ETags, so many bytes in all; a HEAD as above |
// | the answer was lost, or its worker was killed | `find`: the mark of job and source in the copy's metadata, else the ETag; and the SHA-256, where S3 keeps it with the copy |
//
// The mark costs no request: it is set where a copy's metadata is written anew anyway, and on every copy that would not
// have its source's ETag. Only S3 writes it with the object, at once or not at all, so that a copy with the mark is whole.

/// What a copy says in its metadata of where it comes from, and the bytes that it is to hold.
struct CopyMark: Sendable, Hashable {
    static let name = "lazaret-source"

    /// The job, which stands for bucket, key and version; a `/`; and the source's ETag.
    let text: String
    /// The SHA-256 of the bytes that were inspected, which the metadata does not say; nil where not all were.
    let inspected: String?
    private let isWhole: Bool

    init(_ job: JobID, _ source: ObjectVersion, inspected: String?) {
        self.inspected = inspected
        text = percentEncoded("\(job.text)/\(source.etag ?? "")")
        isWhole = source.etag != nil
    }

    /// Where an event did not tell the source's ETag, the job has to do.
    func isSame(as told: String) -> Bool { isWhole ? told == text : told.hasPrefix(text) }
}

extension Relocation {
    /// Whether `location` holds the copy that this job made of a source that is not there any more. Nil where that is not proven.
    ///
    /// One guess is left where S3 keeps no SHA-256 with the copy: the first copies of a worker into a bucket that encrypts with
    /// a KMS key by itself have neither the mark nor the source's ETag, and of a source whose event told no ETag there is none
    /// to compare. There the length has to do, of something that is not older than the source.
    ///
    /// - Parameters:
    ///   - size: bytes of the source.
    ///   - inspected: the SHA-256 of the bytes that were judged; nil where not all were read.
    ///   - writtenAt: when the source was written, as its event told.
    ///   - head: what the store itself told of the source while it was there: then the same bytes that were there before are no
    ///     copy of it.
    ///   - made: the copy as it was once proven. Then nothing is guessed: it is the very version, or by mark or ETag the copy.
    ///   - mayGuess: false where another job's copy may have come to that place meanwhile.
    ///   - removal: nil to change nothing. Else what the job has copied there of other bytes than were inspected is taken away.
    package func find(
        copyOf source: ObjectVersion, size: Int64, inspected: String?, writtenAt: Timestamp?, head: ObjectHead? = nil,
        for job: JobID, at location: ObjectLocation, made: Destination? = nil, mayGuess: Bool = true,
        removal: MismatchedCopyRemoval? = nil
    ) async throws(TransferError) -> Destination? {
        let mark = CopyMark(job, source, inspected: inspected)
        let told = head?.writtenAt
        let present: ObjectHead?
        if let removal {
            present = try await self.present(
                at: location, besidesTwinsOf: source, writtenAt: writtenAt, mark, removal)
        } else {
            present = try await headAt(location, mark)
        }
        guard let found = present else { return nil }
        let isCopy =
            switch Likeness(found, mark, source) {
            case .marked: true
            case .sameBytes: !wasWritten(found, before: told)
            case .otherETag where made != nil: found.versionID != nil && found.versionID == made?.versionID
            case .otherETag:
                mayGuess && (source.etag == nil || (isPlainMD5(source.etag) && found.encryption?.isByKMS == true))
                    && found.contentLength == size && !wasWritten(found, before: told ?? writtenAt)
            case .markedTwin, .twin, .other: false
            }
        return isCopy ? Destination(location, versionID: found.versionID) : nil
    }

    /// The same of a source that is still there and that nobody is going to copy (again); what the job has copied of other bytes is
    /// taken away.
    ///
    /// - Parameters:
    ///   - head: what a GET or HEAD of exactly this version told.
    ///   - writtenAt: when the source was written, as its event told.
    package func find(
        copyOf source: ObjectVersion, _ head: ObjectHead, inspected: String?, writtenAt: Timestamp?, for job: JobID,
        at location: ObjectLocation, removal: MismatchedCopyRemoval
    ) async throws(TransferError) -> Destination? {
        let mark = CopyMark(job, source, inspected: inspected)
        let found = try await present(
            at: location, besidesTwinsOf: source, writtenAt: writtenAt, mark, removal)
        return found.flatMap { isSure($0, mark, source, head) ? Destination(location, versionID: $0.versionID) : nil }
    }

    /// The same of a source that is still there. The same bytes do not do here: they may have been there before, from an earlier
    /// upload that said other things of itself. Where it is not sure, nil: then the copy is made (again).
    func look(
        for mark: CopyMark, of source: ObjectVersion, _ head: ObjectHead, at location: ObjectLocation
    ) async throws(TransferError) -> Destination? {
        guard let found = try await headAt(location, mark), isSure(found, mark, source, head) else { return nil }
        return Destination(location, versionID: found.versionID)
    }

    private func isSure(_ found: ObjectHead, _ mark: CopyMark, _ source: ObjectVersion, _ head: ObjectHead) -> Bool {
        switch Likeness(found, mark, source) {
        case .marked: true
        case .sameBytes: said(of: found) == said(of: head) && !wasWritten(found, before: head.writtenAt)
        case .markedTwin, .twin, .otherETag, .other: false
        }
    }

    /// Proves a copy with an ETag of its own: that this very state is there, and has the source's length.
    ///
    /// - Returns: what is said of it.
    @discardableResult
    func prove(
        _ location: ObjectLocation, version: String?, etag: String, size: Int64
    ) async throws(TransferError) -> ObjectHead {
        let copy = ObjectVersion(bucket: location.bucket, key: location.key, versionID: version, etag: etag)
        let head: ObjectHead
        do {
            head = try await store.head(copy)
        } catch {
            // A 404 or 412 of the destination is no word about the source.
            guard error.status == 404 || error.status == 412 else { throw TransferError(error) }
            throw .unproven("\(location) does not hold the copy (HeadObject, HTTP \(error.status ?? 0))")
        }
        guard head.etag == etag, head.contentLength == size else {
            throw .unproven(
                "\(location) has \(head.contentLength ?? -1) bytes and ETag \(head.etag ?? "none"), not \(size) and \(etag)"
            )
        }
        return head
    }

    /// Clears a copy of suspicion where neither parts nor a KMS key explain that its ETag is not the source's: a store that
    /// ignores what a copy is pinned to may have copied bytes that nobody has looked at. While the source is the same as
    /// before, they are its bytes; where another stands there, the copy is taken away again. A source that is gone tells
    /// nothing: another attempt may have moved it.
    func clear(
        _ copy: ObjectHead, at location: ObjectLocation, as source: ObjectVersion,
        _ holds: @Sendable () async throws -> Void
    ) async throws(TransferError) {
        do {
            try await look(at: source)
        } catch {
            switch error {
            case .superseded:
                try await asked(holds)
                let made = ObjectVersion(
                    bucket: location.bucket, key: location.key, versionID: copy.versionID, etag: copy.etag)
                try await delete(made, copy)
                throw .superseded
            case .gone: throw .unproven("\(location) has another ETag than the source, which is gone")
            default: throw error
            }
        }
    }

    /// What stands there, with its SHA-256 where that is of use.
    func headAt(_ location: ObjectLocation, _ mark: CopyMark) async throws(TransferError) -> ObjectHead? {
        let object = ObjectVersion(bucket: location.bucket, key: location.key, versionID: nil, etag: nil)
        do throws(AWSError) {
            guard mark.inspected != nil else { return try await store.head(object) }
            do throws(AWSError) {
                return try await store.head(object, wantsSHA256: true)
            } catch {
                // Of who may not decrypt with the destination's key, and of a store that does not know the question.
                guard [400, 403, 501].contains(error.status) else { throw error }
                return try await store.head(object)
            }
        } catch {
            if error.status == 404 { return nil }
            throw TransferError(error)
        }
    }
}

/// How what stands at a destination relates to a source.
enum Likeness {
    /// The job made it of this source.
    case marked
    /// The job made it, but not of the bytes that were inspected.
    case markedTwin
    /// It has the SHA-256 of the bytes that were inspected, or the source's ETag, which is the MD5 of the bytes.
    case sameBytes
    /// It has the source's ETag and is not of the bytes that were inspected; it does not say who made it.
    case twin
    /// None of these, and no mark of another job; its SHA-256 is not known.
    case otherETag
    /// The copy of another job, or known to hold other bytes.
    case other

    init(_ found: ObjectHead, _ mark: CopyMark, _ source: ObjectVersion) {
        let told = found.metadata.first { $0.name == CopyMark.name }?.value
        let isMarked = told.map { mark.isSame(as: $0) } ?? false
        let hasSameETag = isPlainMD5(source.etag) && found.etag == source.etag
        switch mark.inspected.flatMap({ inspected in found.sha256.map { $0 == inspected } }) {
        case true?: self = isMarked ? .marked : told == nil || hasSameETag ? .sameBytes : .other
        case false?: self = isMarked ? .markedTwin : told == nil && hasSameETag ? .twin : .other
        case nil: self = isMarked ? .marked : hasSameETag ? .sameBytes : told == nil ? .otherETag : .other
        }
    }
}

/// What a copy that S3 makes by itself takes over.
private func said(of head: ObjectHead) -> ObjectProperties {
    var properties = ObjectProperties(head)
    properties.websiteRedirect = nil
    properties.metadata.sort { $0.name < $1.name }
    return properties
}

/// False where it is not known. `Last-Modified` has whole seconds.
func wasWritten(_ head: ObjectHead, before time: Timestamp?) -> Bool {
    guard let time, let modified = head.writtenAt else { return false }
    return modified.advanced(by: .seconds(1)) <= time
}

/// Whether an ETag is the MD5 of the object's bytes, by its form: of parts it has a `-` and their number.
func isPlainMD5(_ etag: String?) -> Bool {
    guard let etag else { return false }
    return etag.utf8.count == 32 && !etag.utf8.contains(UInt8(ascii: "-"))
}
