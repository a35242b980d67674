import TestKit
import Testing

extension EndToEnd {
    /// Objects that change between their event and the worker.
    @Suite struct ChangedObjects {
        @Test(arguments: [false, true])
        func `a missing object is recorded as gone`(versioned: Bool) async throws {
            let station = try await StationFixture("gone-\(versioned)", versioned: versioned)
            let written = try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.cloud.delete(station.incoming, "uploads/notes.txt", version: written.version)
            try await station.settle()

            let job = try await station.job("uploads/notes.txt")
            #expect(job.outcome == "gone" && job.verdict == nil && job.destination == nil)
            #expect(try await station.keys(station.media).isEmpty)
            try await station.expectDrained()
        }

        @Test func `only the new state of an overwritten object is promoted`() async throws {
            let station = try await StationFixture("overwritten")
            let old = try await station.upload(Eicar.bytes, "uploads/notes.txt")
            let new = try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.settle()

            let jobs = try await station.jobs()
            #expect(jobs.first { $0.etag == old.etag }?.outcome == "superseded")
            #expect(jobs.first { $0.etag == new.etag }?.outcome == "settled")
            #expect(jobs.count == 2)
            let stored = try #require(try await station.cloud.get(station.media, "permanent/notes.txt"))
            #expect(stored.bytes == Samples.text)
            #expect(try await station.keys(station.incoming).isEmpty)
            #expect(try await station.keys(station.quarantine).isEmpty)
            try await station.expectDrained()
        }

        @Test func `every version of an overwritten object is judged separately`() async throws {
            let station = try await StationFixture("versions", versioned: true)
            let infected = try await station.upload(Eicar.bytes, "uploads/notes.txt")
            let clean = try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.settle()

            let jobs = try await station.jobs()
            #expect(jobs.first { $0.versionId == infected.version }?.verdict == "infected")
            #expect(jobs.first { $0.versionId == clean.version }?.verdict == "clean")
            #expect(jobs.count == 2)
            #expect(try await station.cloud.versions(station.incoming).isEmpty)
            #expect(try await station.cloud.versions(station.media).count == 1)
            #expect(try await station.cloud.versions(station.quarantine).count == 1)
            #expect(try await station.cloud.get(station.media, "permanent/notes.txt")?.bytes == Samples.text)
        }

        @Test func `a version under a delete marker is still judged`() async throws {
            let station = try await StationFixture("marker", versioned: true)
            try await station.upload(Samples.text, "uploads/notes.txt")
            try await station.cloud.delete(station.incoming, "uploads/notes.txt")
            try await station.settle()

            #expect(try await station.job("uploads/notes.txt").disposition == "promoted")
            #expect(try await station.cloud.get(station.media, "permanent/notes.txt")?.bytes == Samples.text)
            #expect(try await station.cloud.versions(station.incoming).map(\.isDeleteMarker) == [true])
        }
    }
}
