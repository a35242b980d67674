/// A request body of the query protocol: `Action=…&Version=…&…` (Smithy, "AWS query protocol").
struct QueryForm {
    let action: String
    private(set) var bytes: [UInt8] = []

    init(action: String, version: String) {
        self.action = action
        add("Action", action)
        add("Version", version)
    }

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        PercentEncoding.append(component: name, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        PercentEncoding.append(component: value, to: &bytes)
    }
}

extension AWSCall {
    mutating func add(_ form: QueryForm) {
        addHeader("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        body = form.bytes
    }
}
