/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` (AWS IAM User Guide, "Identify AWS resources with ARNs").
struct ARN {
    let region: String
    /// With what may follow further colons.
    let resource: String

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", isHostLabel(String(parts[3])) else { return nil }
        region = String(parts[3])
        resource = String(parts[5])
    }
}

extension AWSCall.Address {
    /// The address of a regional service, or of the configured endpoint in its place.
    init(_ service: AWSService, region: String, configured: Endpoint?) {
        let endpoint =
            configured ?? Endpoint(host: "\(service.signingName).\(region).\(Partition.suffix(ofRegion: region))")
        self.init(origin: endpoint.origin, host: endpoint.host, path: endpoint.path + "/")
    }
}
