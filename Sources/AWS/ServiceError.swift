internal import FoundationEssentials
internal import HTTP

/// Before the start of a body that is no document.
let unparsedMessage = "the response could not be parsed: "

/// The error in a service's response, as far as it can be parsed.
struct ServiceError {
    var code: String?
    var message: String?
    var requestID: String?
    /// The bucket's region, if S3 reports it.
    var region: String?

    /// Parses S3's `<Error>` document. The fields stay nil if the body is empty, as in responses to HEAD.
    init(xml response: HTTPResponse) { self.init(xml: response.body) }

    init(xml body: [UInt8]) {
        guard !body.isEmpty else { return }
        var found = ServiceError()
        do {
            try XMLReader.read(replacingInvalidXMLCharacters(in: body)) { path, text in
                guard path.dropLast().last == "Error" || (path.first == "Error" && path.count == 2) else { return }
                switch path.last {
                case "Code": found.code = text
                case "Message": found.message = text
                case "RequestId": found.requestID = text
                case "Region": found.region = text
                default: break
                }
            }
            self = found
        } catch {
            message = unparsedMessage + "\(String(decoding: body.prefix(200), as: UTF8.self))"
        }
    }

    /// Parses SQS's JSON. The code is in `__type`, after a namespace and a `#`, or in the header `x-amzn-query-error`,
    /// before a `;`.
    init(json response: HTTPResponse) {
        struct Body: Decodable {
            let type: String?
            let message: String?
            let otherMessage: String?

            enum CodingKeys: String, CodingKey {
                case type = "__type"
                case message
                case otherMessage = "Message"
            }
        }
        let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
        message = body?.message ?? body?.otherMessage
        if let type = body?.type ?? response.head.headers["x-amzn-errortype"] {
            let name = type.prefix { $0 != ":" }
            code = name.lastIndex(of: "#").map { String(name[name.index(after: $0)...]) } ?? String(name)
        } else if let query = response.head.headers["x-amzn-query-error"] {
            code = String(query.prefix { $0 != ";" })
        }
        if code?.isEmpty == true { code = nil }
    }

    private init() {}
}
