/// The partitions of AWS (AWS's `partitions.json`).
enum Partition {
    /// `aws`, as in ARNs.
    static func name(ofRegion region: String) -> String {
        others.first { region.hasPrefix($0.prefix) }?.name ?? "aws"
    }

    /// The DNS suffix of host names.
    static func suffix(ofRegion region: String) -> String {
        others.first { region.hasPrefix($0.prefix) }?.suffix ?? "amazonaws.com"
    }

    private static let others = [
        (prefix: "cn-", name: "aws-cn", suffix: "amazonaws.com.cn"),
        (prefix: "us-gov-", name: "aws-us-gov", suffix: "amazonaws.com"),
        (prefix: "us-isob-", name: "aws-iso-b", suffix: "sc2s.sgov.gov"),
        (prefix: "us-isof-", name: "aws-iso-f", suffix: "csp.hci.ic.gov"),
        (prefix: "us-iso-", name: "aws-iso", suffix: "c2s.ic.gov"),
        (prefix: "eu-isoe-", name: "aws-iso-e", suffix: "cloud.adc-e.uk"),
        (prefix: "eusc-", name: "aws-eusc", suffix: "amazonaws.eu"),
    ]
}
