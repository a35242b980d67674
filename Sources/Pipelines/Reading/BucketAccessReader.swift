import Domain

/// Reads `aws`: the role and the region of a pipeline's buckets.
enum BucketAccessReader {
    static func access(_ top: Section, problems: inout ProblemList) -> BucketAccess {
        guard let entry = top.entry("aws"),
            let section = top.section("aws", keys: PipelineKeys.aws, problems: &problems)
        else { return .own }
        let arn = section.value("role-arn", as: .roleARN, problems: &problems)
        let externalID = section.value("external-id", as: .externalID, problems: &problems)
        let region = section.value("region", as: .region, problems: &problems)
        if section.all.isEmpty {
            problems.add(entry.keyPosition, "aws", "an empty mapping; expected role-arn, region, or both")
        }
        if let external = section.entry("external-id"), section.entry("role-arn") == nil {
            problems.add(external.keyPosition, section.path(to: "external-id"), "needs role-arn beside it")
        }
        return BucketAccess(role: arn.map { BucketAccess.Role(arn: $0, externalID: externalID) }, region: region)
    }
}

extension ScalarParser<String> {
    /// IAM User Guide, "IAM identifiers": the name of a role has up to 64 characters, its path up to 512.
    fileprivate static var roleARN: ScalarParser {
        ScalarParser(expected: "the ARN of a role, such as arn:aws:iam::123456789012:role/lazaret") {
            text, _ throws(ScalarError) in
            guard text.utf8.count <= 640, let arn = ARN(text), arn.partition.hasPrefix("aws"), arn.service == "iam",
                arn.region.isEmpty, isAccount(arn.account), arn.resource.hasPrefix("role/"),
                let name = arn.resource.split(separator: "/", omittingEmptySubsequences: false).last,
                (1...64).contains(name.utf8.count),
                text.utf8.allSatisfy({ isLetterOrDigit($0) || "+=,.@-_:/".utf8.contains($0) })
            else { throw .unexpected }
            return text
        }
    }

    /// "AssumeRole", `ExternalId`.
    fileprivate static var externalID: ScalarParser {
        ScalarParser(expected: "an external ID of 2 to 1224 letters, digits and + = , . @ : / - _") {
            text, _ throws(ScalarError) in
            guard (2...1224).contains(text.utf8.count),
                text.utf8.allSatisfy({ isLetterOrDigit($0) || "+=,.@:/-_".utf8.contains($0) })
            else { throw .unexpected }
            return text
        }
    }

    fileprivate static var region: ScalarParser {
        ScalarParser(expected: "a region such as eu-central-1") { text, _ throws(ScalarError) in
            guard (1...63).contains(text.utf8.count), !text.hasPrefix("-"), !text.hasSuffix("-"),
                text.utf8.allSatisfy({ isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") })
            else { throw .unexpected }
            return text
        }
    }
}
