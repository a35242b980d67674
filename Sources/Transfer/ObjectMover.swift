package import Support

/// The steps of moving an object, over one store.
package struct ObjectMover: Sendable {
    package let reader: SourceReader
    package let copier: ObjectCopier
    package let verifier: CopyVerifier
    package let deleter: ObjectDeleter
    package let tagger: ObjectTagger

    /// - Parameter log: gets copies whose bytes were not inspected, and stores that return no SHA-256.
    package init(
        store: any ObjectStore, configuration: ObjectCopier.Configuration = .init(),
        capabilities: StoreCapabilities = .init(), log: Log? = nil
    ) {
        reader = SourceReader(store: store)
        deleter = ObjectDeleter(store: store, reader: reader, capabilities: capabilities)
        tagger = ObjectTagger(store: store, reader: reader, capabilities: capabilities)
        verifier = CopyVerifier(store: store, reader: reader, deleter: deleter, capabilities: capabilities, log: log)
        copier = ObjectCopier(
            store: store, configuration: configuration, verifier: verifier, capabilities: capabilities)
    }
}
