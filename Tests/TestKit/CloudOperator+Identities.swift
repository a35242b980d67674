/// The access key of a user.
package struct AccessKey: Decodable, Sendable {
    package let id: String
    package let secret: String

    /// The environment variables of a client that uses it.
    package var environment: [String: String] { ["AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret] }
}

extension CloudOperator {
    /// Creates a user who may do what a policy says.
    ///
    /// - Parameter policy: as JSON.
    package func createUser(_ name: String, policy: String) async throws -> AccessKey {
        try await call("create-user", ["name": .text(name), "policy": .text(policy)], as: AccessKey.self)
    }

    /// Creates a role that this account's users may assume with an external ID.
    ///
    /// - Returns: the role's ARN.
    package func createRole(_ name: String, externalID: String, policy: String) async throws -> String {
        try await call(
            "create-role", ["name": .text(name), "external_id": .text(externalID), "policy": .text(policy)],
            as: String.self)
    }
}
