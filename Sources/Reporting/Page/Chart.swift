/// A chart of one bar per slot of time, each made of parts, as inline SVG. The table beside it has the same figures.
struct Chart {
    /// A part of each bar.
    struct Series {
        let name: String
        /// The class that gives it its colour in the style sheet.
        let style: String
        /// A value per slot.
        let values: [Int64]
    }

    let title: String
    /// The names of the slots, from left to right.
    let slots: [String]
    let series: [Series]
    /// Writes a value for a person.
    let label: (Int64) -> String

    private static let width: Int64 = 740
    private static let plotHeight: Int64 = 150
    private static let left: Int64 = 64
    private static let top: Int64 = 12
    /// The width of a digit in the font size that the style sheet gives to names.
    private static let letterWidth: Int64 = 6

    var html: HTML {
        tag(.figure) {
            tag(.figcaption) {
                tag(.span, title)
                for part in series.reversed() where series.count > 1 {
                    tag(.span, [.init(.class, "key \(part.style)")], part.name)
                }
            }
            tag(
                .svg,
                [
                    .init(.viewBox, "0 0 \(Self.width) \(Self.plotHeight + 40)"), .init(.role, "img"),
                    .init(.label, title),
                ]
            ) {
                axis
                bars
                names
            }
        }
    }

    private var highest: Int64 {
        let sums = slots.indices.map { slot in series.reduce(0) { $0 + $1.values[slot] } }
        return Self.round(max(1, sums.max() ?? 0))
    }

    /// The least of 2, 4, 6, 10, 20, 40, 60, 100 … that is no smaller: each has a whole half.
    private static func round(_ value: Int64) -> Int64 {
        var unit: Int64 = 1
        while unit <= Int64.max / 100 {
            for step in [2 * unit, 4 * unit, 6 * unit, 10 * unit] where step >= value { return step }
            unit *= 10
        }
        return value
    }

    @HTMLBuilder private var axis: [HTML] {
        for share in 0...2 as ClosedRange<Int64> {
            let y = Self.top + Self.plotHeight - Self.plotHeight * share / 2
            tag(
                .line,
                [
                    .init(.x1, "\(Self.left)"), .init(.x2, "\(Self.width)"), .init(.y1, "\(y)"), .init(.y2, "\(y)"),
                ])
            tag(
                .text, [.init(.x, "\(Self.left - 6)"), .init(.y, "\(y + 4)"), .init(.textAnchor, "end")],
                label(share == 2 ? highest : highest / 2 * share))
        }
    }

    @HTMLBuilder private var bars: [HTML] {
        for slot in slots.indices {
            var base: Int64 = 0
            for part in series where part.values[slot] > 0 {
                let (start, end) = (height(base), height(base + part.values[slot]))
                bar(
                    slot, from: start, to: max(end, start + 1), style: part.style,
                    title: "\(slots[slot]), \(part.name): \(label(part.values[slot]))")
                let _ = base += part.values[slot]
            }
        }
    }

    private func bar(_ slot: Int, from start: Int64, to end: Int64, style: String, title: String) -> HTML {
        let (x, next) = (self.x(of: slot), self.x(of: slot + 1))
        return tag(
            .rect,
            [
                .init(.class, style), .init(.x, "\(x)"), .init(.y, "\(Self.top + Self.plotHeight - end)"),
                .init(.width, "\(max(1, next - x - (next - x > 4 ? 2 : 0)))"), .init(.height, "\(end - start)"),
            ]
        ) { tag(.title, title) }
    }

    /// At most seven names, so that they do not cover each other, and none that the right edge would cut.
    @HTMLBuilder private var names: [HTML] {
        for slot in stride(from: 0, to: slots.count, by: max(1, (slots.count + 6) / 7))
        where slot == 0 || x(of: slot) + Self.letterWidth * Int64(slots[slot].count) <= Self.width {
            tag(
                .text, [.init(.x, "\(x(of: slot))"), .init(.y, "\(Self.top + Self.plotHeight + 18)")], slots[slot])
        }
    }

    private func x(of slot: Int) -> Int64 {
        Self.left + (Self.width - Self.left) * Int64(slot) / Int64(max(1, slots.count))
    }

    private func height(_ value: Int64) -> Int64 {
        Int64((Double(value) * Double(Self.plotHeight) / Double(highest)).rounded())
    }
}
