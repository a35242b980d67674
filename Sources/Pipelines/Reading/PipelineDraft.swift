/// The parts of one file that could be read. The checks for conflicts use drafts, so that all mistakes are reported at
/// once.
struct PipelineDraft {
    struct Located<Value> {
        let value: Value
        let position: Position
    }

    /// A destination in an action.
    struct Route {
        let destination: DestinationTemplate
        let isPromotion: Bool
        let position: Position
        /// `then.clean.move`
        let path: String
    }

    let file: String
    /// Of the file's text.
    var fingerprint = ""
    var name: Located<String>?
    var match: Located<Match>?
    var routes: [Route] = []
    /// The accounts that buckets must be of.
    var owners: Located<[String: String]>?
    var notify: [Located<NotifyRule>] = []
    /// Nil if the file has a problem.
    var pipeline: Pipeline?
}
