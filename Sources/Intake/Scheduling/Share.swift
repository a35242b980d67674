/// Whose work it is: the pipeline, and the uploader by the first segment of the key after the pipeline's prefix.
package struct Share: Sendable, Hashable {
    package let pipeline: String
    package let uploader: String

    package init(pipeline: String, uploader: String) {
        self.pipeline = pipeline
        self.uploader = uploader
    }
}

/// What each pipeline and each uploader takes of the scanner's time and of the permits.
///
/// - An uploader whose latest objects took a scanner child five seconds or more on average is slow. Slow objects share
///   the permits of large ones, however small they are.
/// - Neither a pipeline nor an uploader holds more than `Capacity.sharePermits`, unless it is the only one seen so far,
///   or is quick: its latest objects took less than a second on average.
struct ShareTable: Sendable {
    private struct Use: Sendable {
        var running = 0
        /// Of the time in a scanner child, with the weight of a quarter for the latest object; nil before the first.
        var mean: Duration?
        var count = 0
        var lastUse = 0

        var isQuick: Bool { count >= 8 && mean.map { $0 < .seconds(1) } ?? false }
        var isSlow: Bool { mean.map { $0 >= .seconds(5) } ?? false }

        mutating func note(_ cost: Duration) {
            mean = mean.map { $0 * 3 / 4 + cost / 4 } ?? cost
            count += 1
        }
    }

    /// How many uploaders are remembered at most. Beyond it the half that was used the longest time ago is forgotten.
    static var maxUploaders: Int { 4096 }

    private var pipelines: [String: Use] = [:]
    private var uploaders: [Share: Use] = [:]
    private var uses = 0

    /// How many uploaders are remembered.
    var count: Int { uploaders.count }

    /// Notes that work of this share has arrived.
    mutating func arrived(_ share: Share) {
        uses += 1
        pipelines[share.pipeline, default: Use()].lastUse = uses
        uploaders[share, default: Use()].lastUse = uses
        guard uploaders.count > Self.maxUploaders else { return }
        let middle = uploaders.values.map(\.lastUse).sorted()[uploaders.count / 2]
        uploaders = uploaders.filter { $1.lastUse >= middle || $1.running > 0 }
    }

    func isSlow(_ share: Share) -> Bool { uploaders[share]?.isSlow ?? false }

    /// Whether more work of this share may start.
    func mayStart(_ share: Share, most: Int) -> Bool {
        func isFull(_ use: Use?, amongSeveral: Bool) -> Bool {
            guard let use, amongSeveral, !use.isQuick else { return false }
            return use.running >= most
        }
        return !isFull(pipelines[share.pipeline], amongSeveral: pipelines.count > 1)
            && !isFull(uploaders[share], amongSeveral: uploaders.count > 1)
    }

    mutating func started(_ share: Share) {
        pipelines[share.pipeline, default: Use()].running += 1
        uploaders[share, default: Use()].running += 1
    }

    /// - Parameter cost: the time that the object took of a scanner child; nil if it was not scanned to an end.
    mutating func ended(_ share: Share, cost: Duration?) {
        pipelines[share.pipeline]?.running -= 1
        uploaders[share]?.running -= 1
        guard let cost else { return }
        pipelines[share.pipeline]?.note(cost)
        uploaders[share]?.note(cost)
    }
}
