/// The identity and the region with which a pipeline's buckets are used.
package struct BucketAccess: Sendable, Hashable {
    /// Nil for the worker's own identity.
    package let role: Role?
    /// Nil for the worker's region.
    package let region: String?

    /// A role to assume (AWS Security Token Service API Reference, "AssumeRole").
    package struct Role: Sendable, Hashable {
        package let arn: String
        package let externalID: String?
    }

    /// The worker's own identity and region.
    static let own = BucketAccess(role: nil, region: nil)

    package var isOwn: Bool { self == .own }
}
