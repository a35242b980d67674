/// Returns the known word that `word` is probably a misspelling of; nil if none is similar.
func suggestion(for word: String, among known: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let plain = normalised(word)
    var best: (word: String, distance: Int)?
    for candidate in known {
        let distance = editDistance(plain, normalised(candidate))
        // At most one edit in a word of up to four letters, and two in a longer one.
        guard distance <= (plain.count <= 4 ? 1 : 2), distance < best?.distance ?? .max else { continue }
        best = (candidate, distance)
    }
    return best?.word
}

/// Returns `; did you mean 'max-size'?`, or the list of known words if none is similar.
func hint(for word: String, among known: [String]) -> String {
    if let near = suggestion(for: word, among: known) { return "; did you mean '\(near)'?" }
    return known.count == 1 ? "; expected '\(known[0])'" : "; expected one of \(known.joined(separator: ", "))"
}

/// Lower case without `-` and `_`, so that `maxSize`, `max_size` and `max-size` are equal.
private func normalised(_ word: String) -> [UInt8] {
    word.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
}

/// The number of insertions, deletions, substitutions and transpositions between two words (optimal string alignment).
private func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    if one.isEmpty || other.isEmpty { return max(one.count, other.count) }
    var beforeLast = [Int](repeating: 0, count: other.count + 1)
    var last = Array(0...other.count)
    for row in 1...one.count {
        var current = [row]
        for column in 1...other.count {
            let isSame = one[row - 1] == other[column - 1]
            var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
            if row > 1, column > 1, one[row - 1] == other[column - 2], one[row - 2] == other[column - 1] {
                cost = min(cost, beforeLast[column - 2] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[other.count]
}
