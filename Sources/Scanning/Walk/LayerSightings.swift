import Unpacking

/// The containers that a layer is or carries: what `FormFinder` sees, and archives after a script.
enum LayerSightings {
    static func find(
        in layer: FileSlice, mimeType: String, engineType: String
    ) throws(UnpackingError) -> [Sighting] {
        var found = try FormFinder.sightings(
            in: layer, magicType: mimeType.isEmpty ? nil : mimeType,
            engineType: engineType.isEmpty ? nil : engineType)
        if let (offset, form) = ScriptPayload.find(in: layer.descriptor, offset: layer.start, size: layer.size),
            !found.contains(where: { $0.form == form && !$0.mayBePiece })
        {
            // The script unpacks all of it, so damage there is no chance.
            found.removeAll { $0.form == form && $0.range.lowerBound == offset - layer.start }
            found.append(Sighting(form, offset - layer.start..<layer.size))
        }
        return found
    }

    /// What a layer carries, if its first bytes resemble a container by chance.
    static func findBehindFirstByte(
        of layer: FileSlice, engineType: String
    ) throws(UnpackingError) -> [Sighting] {
        guard layer.size > 1 else { return [] }
        return try FormFinder.sightings(
            in: layer[1..<layer.size], magicType: nil, engineType: engineType.isEmpty ? nil : engineType
        ).map {
            Sighting($0.form, $0.range.lowerBound + 1..<$0.range.upperBound + 1, mayBePiece: $0.mayBePiece)
        }
    }
}
