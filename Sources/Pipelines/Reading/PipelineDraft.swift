/// What was read of one file, as far as it could be: the checks over several files take what there is, so that all
/// mistakes are told at once.
struct Draft {
    struct Placed<Value> {
        let value: Value
        let position: Position
    }

    /// A destination, with what it is for.
    struct Route {
        let destination: DestinationTemplate
        let isPromotion: Bool
        let position: Position
        /// `then.clean.move`
        let path: String
    }

    let file: String
    var name: Placed<String>?
    var match: Placed<Match>?
    var routes: [Route] = []
    /// Nil where anything was wrong.
    var pipeline: Pipeline?
}
