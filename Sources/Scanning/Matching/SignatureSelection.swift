import CClamAV

/// The part of a folder's signatures that an engine loads, by libclamav's callback for each row.
final class SignatureSelection {
    enum Part {
        /// All but the filtered signatures.
        case base
        /// The filtered signatures, and whatever decides how files are unpacked and which alerts count.
        case patterns
    }

    let part: Part
    private let plan: SignaturePlan
    /// The filtered rows that the base engine left out.
    private(set) var filtered: Int64 = 0

    /// What finds something by itself and changes nothing else: hashes, rules, old patterns.
    private static let detecting: Set<String> = [
        "db", "hdb", "hdu", "hsb", "hsu", "mdb", "mdu", "msb", "msu", "imp", "cdb", "yara", "yar",
    ]

    init(_ part: Part, of plan: SignaturePlan) {
        self.part = part
        self.plan = plan
    }

    /// The selection must outlive the load.
    func install(in engine: OpaquePointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe cl_engine_set_clcb_sigload(
            engine,
            { type, name, _, context in
                guard let type = unsafe type, let name = unsafe name, let context = unsafe context else { return 0 }
                let selection = unsafe Unmanaged<SignatureSelection>.fromOpaque(context).takeUnretainedValue()
                return unsafe selection.loads(String(cString: type), String(cString: name)) ? 0 : 1
            }, context)
    }

    /// - Parameter type: `ndb` or `ldb`; for hashes, the file's name behind its first dot.
    private func loads(_ type: String, _ name: String) -> Bool {
        guard let kind = SignatureRow.Kind(rawValue: type) else {
            return part == .base || !Self.detecting.contains(String(type.split(separator: ".").last ?? ""))
        }
        let isFiltered = plan.filtered[kind]!.contains(name)
        switch part {
        case .base:
            if isFiltered { filtered += 1 }
            return !isFiltered
        case .patterns: return isFiltered || plan.shared.contains(name)
        }
    }
}
