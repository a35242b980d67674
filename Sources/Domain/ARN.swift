/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` (AWS IAM User Guide, "Identify AWS resources with ARNs").
package struct ARN: Sendable, Equatable {
    package let partition: String
    package let service: String
    /// Empty for services that have none, such as IAM.
    package let region: String
    package let account: String
    /// With what may follow further colons.
    package let resource: String

    /// - Returns: nil unless the text has the six parts and begins with `arn:`. What the parts hold is not examined.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn" else { return nil }
        (partition, service, region, account, resource) = (parts[1], parts[2], parts[3], parts[4], parts[5])
    }
}
