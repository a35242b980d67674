internal import Pipelines
package import Transfer

/// How objects are fetched and moved under one identity.
package struct StoreAccess: Sendable {
    package let fetch: RangedFetch
    package let mover: ObjectMover

    package init(fetch: RangedFetch, mover: ObjectMover) {
        self.fetch = fetch
        self.mover = mover
    }
}

/// A context of which there is one for each identity that buckets are used with.
protocol StoreContext {
    var fetch: RangedFetch { get set }
    var mover: ObjectMover { get set }
    /// Of the pipelines that do not use their buckets as the worker, by name.
    var others: [String: StoreAccess] { get }
}

extension StoreContext {
    /// Returns the context for the buckets of a pipeline.
    func using(_ pipeline: Pipeline?) -> Self {
        guard let access = pipeline.flatMap({ others[$0.name] }) else { return self }
        var context = self
        (context.fetch, context.mover) = (access.fetch, access.mover)
        return context
    }
}
