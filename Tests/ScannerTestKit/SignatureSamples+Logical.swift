extension SignatureSamples {
    mutating func logical() -> SignatureSample {
        let count = number(1...4)
        var (parts, bytes): ([String], [UInt8]) = ([], [])
        for index in 0..<count {
            let (part, content) = part(index)
            parts.append(part)
            if number(0...4) > 0 { bytes += content + Array(" \(index) ".utf8) }
        }
        return SignatureSample(
            database: "ldb",
            row: "\(name("Logical"));\(description());\(expression(count));" + parts.joined(separator: ";"),
            bytes: bytes)
    }

    private mutating func description() -> String {
        let target = [0, 0, 0, 3, 7, number(0...13)].randomElement(using: &random)!
        let more = [
            "", "", "", ",FileSize:1-900000", ",Container:CL_TYPE_ZIP", ",Intermediates:CL_TYPE_ZIP>CL_TYPE_ZIP",
            ",Intermediates:CL_TYPE_GZ>CL_TYPE_POSIX_TAR",
        ].randomElement(using: &random)!
        return "Engine:81-255,Target:\(target)\(more)"
    }

    private mutating func part(_ index: Int) -> (String, [UInt8]) {
        let text = text()
        let upper = text.map { (0x61...0x7A).contains($0) && Bool.random(using: &random) ? $0 & 0xDF : $0 }
        let wide: [UInt8] = text.flatMap { [$0, 0] as [UInt8] }
        let digits = Array("777q".utf8)
        let before = max(0, index - 1)
        switch number(0...14) {
        case 0: return ("\(hexadecimalText(text))::i", upper)
        case 1: return ("\(hexadecimalText(text))::w", wide)
        case 2: return ("\(hexadecimalText(text))::wa", Bool.random(using: &random) ? wide : text)
        case 3: return ("\(hexadecimalText(text))::iw", upper.flatMap { [$0, 0] as [UInt8] })
        case 4: return ("\(hexadecimalText(text))::f", [0x20] + text + [0x20])
        case 5 where index > 0: return ("\(before)/[0-9]{3}[a-z]/", digits)
        case 6: return ("0,100000:\(hexadecimalText(text))", text)
        case 7 where index > 0: return ("0,200000:\(before)/[0-9]{3}Q/ie", digits)
        case 8 where index > 1: return ("(0|\(before))/q[x-z]?|[0-9]{3}/s", digits)
        case 9 where index > 0: return ("\(before)(>>0#ie1#>1)", digits)
        case 10: return ("EOF-\(text.count + 300),300:\(hexadecimalText(text))", text)
        case 11 where number(0...2) == 0: return ("fuzzy_img#af2ad01ed42993c7#0", text)
        default:
            let (hex, bytes) = pattern()
            return (hex, bytes)
        }
    }

    /// An expression of all parts, for which most of them are there.
    private mutating func expression(_ count: Int) -> String {
        var terms = (0..<count).map { index in
            "\(index)" + ["", "", "", "", ">0", "=1", "=0", "<3", ">0,1", "=2,1"].randomElement(using: &random)!
        }
        while terms.count > 1 {
            let sign = Bool.random(using: &random) ? "&" : "|"
            let at = number(0...(terms.count - 2))
            let bound = ["", "", ">0", ">1", "=0", "<2", ">0,1", "=2"].randomElement(using: &random)!
            let joined = "\(terms[at])\(sign)\(terms[at + 1])"
            terms[at...(at + 1)] = [terms.count == 2 && bound.isEmpty ? joined : "(\(joined))\(bound)"]
        }
        return terms[0]
    }
}
