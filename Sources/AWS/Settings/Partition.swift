/// The DNS suffix of AWS host names by partition (AWS's `partitions.json`).
enum Partition {
    static func suffix(ofRegion region: String) -> String {
        for (prefix, suffix) in suffixes where region.hasPrefix(prefix) { return suffix }
        return "amazonaws.com"
    }

    private static let suffixes = [
        ("cn-", "amazonaws.com.cn"), ("us-isob-", "sc2s.sgov.gov"), ("us-isof-", "csp.hci.ic.gov"),
        ("us-iso-", "c2s.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"), ("eusc-", "amazonaws.eu"),
    ]
}
