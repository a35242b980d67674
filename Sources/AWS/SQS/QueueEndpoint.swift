/// The endpoint of a queue's requests and the signing region.
struct QueueEndpoint {
    /// Nil if the queue URL is invalid.
    let address: AWSCall.Address?
    let region: String

    init(queueURL: String, settings: AWSSettings) {
        let own = Endpoint(queueURL)
        let endpoint = settings.sqsEndpoint ?? own
        // The JSON protocol names the queue in the body, so the path of its URL is not sent; a configured endpoint's
        // path is.
        let path = (settings.sqsEndpoint?.path ?? "") + "/"
        address = own == nil ? nil : endpoint.map { AWSCall.Address(origin: $0.origin, host: $0.host, path: path) }
        region = (settings.sqsEndpoint == nil ? own.flatMap { regionOfQueue(host: $0.host) } : nil) ?? settings.region
    }
}

/// Returns the region in `sqs.REGION.amazonaws.com` or the older `REGION.queue.amazonaws.com`, and nil for any other
/// host.
private func regionOfQueue(host: String) -> String? {
    guard host.contains(".amazonaws.") || host.contains(".api.aws") else { return nil }
    let labels = host.split(separator: ".")
    if labels.count > 2, labels[0] == "sqs" || labels[0] == "sqs-fips" { return String(labels[1]) }
    if labels.count > 2, labels[1] == "queue" { return String(labels[0]) }
    return nil
}
