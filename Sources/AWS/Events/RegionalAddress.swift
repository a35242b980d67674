internal import Domain

extension ARN {
    /// The region, where it may stand in the name of a host.
    var regionLabel: String? { isHostLabel(region) ? region : nil }
}

extension AWSCall.Address {
    /// The address of a regional service, or of the configured endpoint in its place.
    init(_ service: AWSService, region: String, configured: Endpoint?) {
        let endpoint =
            configured ?? Endpoint(host: "\(service.signingName).\(region).\(Partition.suffix(ofRegion: region))")
        self.init(origin: endpoint.origin, host: endpoint.host, path: endpoint.path + "/")
    }
}
