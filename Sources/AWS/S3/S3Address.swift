internal import Domain

/// The addresses of buckets: virtual-hosted style on AWS, path style at a configured endpoint.
struct S3Addressing: Sendable {
    let endpoint: Endpoint?
    private let regional: Endpoint

    /// - Parameter region: of the buckets; nil for that of the settings.
    init(_ settings: AWSSettings, region: String? = nil) {
        let region = region ?? settings.region
        endpoint = settings.s3Endpoint
        regional = Endpoint(host: "s3.\(region).\(Partition.suffix(ofRegion: region))")
    }

    func address(bucket: String, key: ObjectKey? = nil) -> AWSCall.Address {
        // A bucket name with a dot does not match the certificate of `*.s3.…`; other unusual names are not host names.
        let hasOwnHost = endpoint == nil && bucket.utf8.count >= 3 && isHostLabel(bucket)
        let base = endpoint ?? regional
        var path = Array(base.path.utf8)
        if !hasOwnHost {
            path.append(UInt8(ascii: "/"))
            PercentEncoding.append(component: bucket, to: &path)
        }
        if let key {
            path.append(UInt8(ascii: "/"))
            PercentEncoding.append(path: key.text.utf8, to: &path)
        } else if hasOwnHost {
            path.append(UInt8(ascii: "/"))
        }
        let host = hasOwnHost ? "\(bucket).\(base.host)" : base.host
        let origin = (base.isSecure ? "https://" : "http://") + host
        return AWSCall.Address(origin: origin, host: host, path: String(decoding: path, as: UTF8.self))
    }
}
