/// The expression of a logical signature, or of a regular expression's trigger: `(0&1)|2>3` (ClamAV documentation,
/// "Logical signatures"). It answers which parts must have matched.
struct LogicalExpression {
    private let text: [UInt8]
    private var at = 0
    /// What each part needs, by its number.
    private let parts: [FragmentNeed]

    /// The engine recurses as deep.
    private static let maximumDepth = 16
    private static let maximumDigits = 9

    /// Returns the need, or nil if the expression is not understood or names a part that there is not.
    static func need(_ text: ArraySlice<UInt8>, parts: [FragmentNeed]) -> FragmentNeed? {
        var expression = LogicalExpression(text: Array(text), parts: parts)
        guard let whole = expression.terms(depth: 0), expression.at == expression.text.count else { return nil }
        return whole.need
    }

    private init(text: [UInt8], parts: [FragmentNeed]) {
        (self.text, self.parts) = (text, parts)
    }

    private struct Terms {
        let need: FragmentNeed
        /// The numbers of all parts in it.
        let numbers: [Int]
        let count: Int
    }

    private var current: UInt8? { at < text.count ? text[at] : nil }

    private mutating func terms(depth: Int) -> Terms? {
        guard depth <= Self.maximumDepth, let first = term(depth: depth) else { return nil }
        var (needs, numbers) = ([first.need], first.numbers)
        var operators: Set<UInt8> = []
        while let sign = current, sign == UInt8(ascii: "&") || sign == UInt8(ascii: "|") {
            operators.insert(sign)
            at += 1
            guard let next = term(depth: depth) else { return nil }
            needs.append(next.need)
            numbers += next.numbers
        }
        // Whichever of two different operators binds more, nothing matches without one of the terms.
        let isConjunction = operators == [UInt8(ascii: "&")]
        return Terms(
            need: needs.count == 1 ? needs[0] : isConjunction ? .all(needs) : .any(needs), numbers: numbers,
            count: needs.count)
    }

    private mutating func term(depth: Int) -> Terms? {
        if current == UInt8(ascii: "(") {
            at += 1
            guard let inner = terms(depth: depth + 1), inner.count > 1, current == UInt8(ascii: ")") else { return nil }
            at += 1
            guard let bound = bound() else { return nil }
            switch bound {
            case .none: return inner
            case .absent: return Terms(need: .nothing(.absence), numbers: inner.numbers, count: 1)
            // Of a group, the matches of all its parts are counted, whatever its operators are.
            case .present: return Terms(need: .any(inner.numbers.map { parts[$0] }), numbers: inner.numbers, count: 1)
            }
        }
        guard let number = number(), parts.indices.contains(number), let bound = bound() else { return nil }
        return Terms(need: bound == .absent ? .nothing(.absence) : parts[number], numbers: [number], count: 1)
    }

    private enum Bound { case none, present, absent }

    /// Reads `=n`, `>n`, `<n` and `=n,m`. Returns nil for others.
    private mutating func bound() -> Bound? {
        guard let sign = current, sign != UInt8(ascii: "&"), sign != UInt8(ascii: "|"), sign != UInt8(ascii: ")") else {
            return Bound.none
        }
        at += 1
        guard let count = number() else { return nil }
        if current == UInt8(ascii: ",") {
            at += 1
            guard number() != nil else { return nil }
        }
        switch sign {
        case UInt8(ascii: ">"): return .present
        case UInt8(ascii: "="): return count > 0 ? .present : .absent
        case UInt8(ascii: "<"): return .absent
        default: return nil
        }
    }

    private mutating func number() -> Int? {
        var (value, digits) = (0, 0)
        while let digit = current, (0x30...0x39).contains(digit), digits < Self.maximumDigits {
            value = value * 10 + Int(digit - 0x30)
            digits += 1
            at += 1
        }
        return digits > 0 ? value : nil
    }
}
