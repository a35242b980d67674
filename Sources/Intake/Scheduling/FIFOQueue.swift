/// A first-in, first-out queue with both ends in constant time. It releases a removed element at once.
struct FIFOQueue<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var count: Int { elements.count - head }
    var first: Element? { head < elements.count ? elements[head] : nil }

    /// Counts from the first element.
    subscript(index: Int) -> Element? { head + index < elements.count ? elements[head + index] : nil }

    func firstIndex(where isWanted: (Element) -> Bool) -> Int? {
        elements[head...].firstIndex { $0.map(isWanted) ?? false }.map { $0 - head }
    }

    func count(where isWanted: (Element) -> Bool) -> Int { elements[head...].count { $0.map(isWanted) ?? false } }

    /// In time that grows with the index and the count, unless it is the first element.
    mutating func remove(at index: Int) -> Element? {
        if index == 0 { return removeFirst() }
        return head + index < elements.count ? elements.remove(at: head + index) : nil
    }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() -> Element? {
        guard head < elements.count else { return nil }
        let first = elements[head].take()
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        }
        return first
    }

    mutating func removeAll() -> [Element] {
        defer { self = FIFOQueue() }
        return elements[head...].compactMap(\.self)
    }
}

extension FIFOQueue: Sendable where Element: Sendable {}
