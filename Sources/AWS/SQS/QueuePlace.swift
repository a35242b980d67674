/// Where a queue's requests go, and for which region they are signed.
struct QueuePlace {
    /// Nil where the queue's URL is none.
    let address: AWSCall.Address?
    let region: String

    init(queueURL: String, settings: AWSSettings) {
        let own = Endpoint(queueURL)
        let endpoint = settings.sqsEndpoint ?? own
        // The queue's path is not asked for: JSON names the queue in the body. A configured endpoint's own path stays.
        let path = (settings.sqsEndpoint?.path ?? "") + "/"
        address = own == nil ? nil : endpoint.map { AWSCall.Address(origin: $0.origin, host: $0.host, path: path) }
        region = (settings.sqsEndpoint == nil ? own.flatMap { regionOfQueue(host: $0.host) } : nil) ?? settings.region
    }
}

/// The region in `sqs.REGION.amazonaws.com` and its older form `REGION.queue.amazonaws.com`; nil for any other host.
private func regionOfQueue(host: String) -> String? {
    guard host.contains(".amazonaws.") || host.contains(".api.aws") else { return nil }
    let labels = host.split(separator: ".")
    if labels.count > 2, labels[0] == "sqs" || labels[0] == "sqs-fips" { return String(labels[1]) }
    if labels.count > 2, labels[1] == "queue" { return String(labels[0]) }
    return nil
}
