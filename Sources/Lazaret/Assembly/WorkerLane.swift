internal import AWS
internal import Intake

/// One of a worker's queues, with its attributes at start-up.
struct WorkerLane: Sendable {
    let lane: Lane
    let queue: SQSClient
    let attributes: QueueAttributes
    let configuration: IntakeConfiguration

    /// The live lane, then the backfill lane if there is one.
    static func all(_ settings: RunSettings, _ cloud: Cloud) async throws -> [WorkerLane] {
        var lanes = [try await WorkerLane(.live, settings.queueURL, settings, cloud)]
        if let url = settings.backfillQueueURL { lanes.append(try await WorkerLane(.backfill, url, settings, cloud)) }
        return lanes
    }

    /// Leases last as long as the queue's visibility timeout, but at least 10 s: shorter ones can't be renewed in time.
    private init(_ lane: Lane, _ url: String, _ settings: RunSettings, _ cloud: Cloud) async throws {
        self.lane = lane
        queue = cloud.queue(url)
        attributes = try await cloud.attributes(of: url)
        var configuration = IntakeConfiguration(lane, settings.capacity)
        configuration.visibility = max(attributes.visibilityTimeout ?? .seconds(30), .seconds(10))
        configuration.untilIdle = settings.untilIdle
        configuration.maxReceives = attributes.redrive?.maxReceiveCount
        let problems = configuration.validate()
        guard problems.isEmpty else { throw CommandFailure(.configuration, lines: problems) }
        self.configuration = configuration
    }
}
