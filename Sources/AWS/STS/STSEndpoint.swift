/// The endpoint of STS and the signing region (AWS SDKs and Tools Reference Guide, "AWS STS Regional endpoints").
struct STSEndpoint: Equatable {
    let endpoint: Endpoint
    let region: String

    init(_ settings: AWSSettings) {
        if let configured = settings.stsEndpoint {
            endpoint = configured
            region = settings.region
        } else if settings.usesGlobalSTS, Self.regionsBeforeRegionalSTS.contains(settings.region) {
            endpoint = Endpoint(host: "sts.amazonaws.com")
            region = "us-east-1"
        } else {
            endpoint = Endpoint(host: "sts.\(settings.region).\(Partition.suffix(ofRegion: settings.region))")
            region = settings.region
        }
    }

    /// The regions for which `legacy` selects the global endpoint.
    private static let regionsBeforeRegionalSTS: Set<String> = [
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
        "eu-north-1",
        "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    ]
}
