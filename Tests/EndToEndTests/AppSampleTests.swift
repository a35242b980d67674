import Foundation
import Glibc
import HTTP
import TestKit
import Testing

extension EndToEnd {
    /// `samples/app`: the application that shows states from notices alone, driven without a browser.
    @Suite struct AppSample {
        private struct Upload: Decodable {
            let id: String
            let name: String
            let state: String
        }

        private struct Begun: Decodable {
            let id: String
            let method: String
            let url: String
            let headers: [String: String]?
            let fields: [String: String]?
        }

        /// The server, and the browser of one user.
        private struct App {
            let server: Program
            let url: String
            let cookie: String
            let http = try! HTTPClient()

            init(_ station: StationFixture) async throws {
                struct Greeting: Decodable { let url: String }
                server = try Program(
                    Project.python,
                    [Project.root + "/samples/app/server.py", "--bucket", station.incoming, "--port", "0"],
                    environment: station.stack.environment.merging(["HOOK_SECRET": WebhookReceiver.secret]) { $1 })
                let line = try await server.outputLine(within: .seconds(60))
                url = try JSONDecoder().decode(Greeting.self, from: Data(line.utf8)).url
                let page = try await http.send(HTTPRequest(url: url + "/"))
                #expect(String(decoding: page.body, as: UTF8.self).contains("<title>Uploads</title>"))
                let set = try #require(page.head.headers["set-cookie"])
                cookie = String(set.prefix { $0 != ";" })
            }

            func send(
                _ method: String, _ path: String, _ body: [UInt8] = [], _ headers: [HTTPHeader] = []
            ) async throws -> HTTPResponse {
                try await http.send(
                    HTTPRequest(
                        method: method, url: url + path, headers: headers + [HTTPHeader("cookie", cookie)], body: body))
            }

            func uploads() async throws -> [Upload] {
                try JSONDecoder().decode([Upload].self, from: Data(try await send("GET", "/uploads").body))
            }

            /// Uploads as the page does. Returns the upload's ID.
            func upload(_ body: [UInt8], _ name: String, by way: String) async throws -> String {
                let wanted = try JSONSerialization.data(
                    withJSONObject: ["name": name, "type": "text/plain", "by": way])
                let answer = try await send(
                    "POST", "/uploads", Array(wanted), [HTTPHeader("content-type", "application/json")])
                let begun = try JSONDecoder().decode(Begun.self, from: Data(answer.body))
                var headers = (begun.headers ?? [:]).map { HTTPHeader($0.key, $0.value) }
                var sent = body
                if let fields = begun.fields {
                    let boundary = "lazaret-boundary"
                    headers.append(HTTPHeader("content-type", "multipart/form-data; boundary=\(boundary)"))
                    sent = fields.sorted { $0.key < $1.key }.flatMap { name, value in
                        Array(
                            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8
                        )
                    }
                    sent += Array(
                        "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n".utf8)
                    sent += body + Array("\r\n--\(boundary)--\r\n".utf8)
                }
                let stored = try await http.send(
                    HTTPRequest(method: begun.method, url: begun.url, headers: headers, body: sent))
                #expect(stored.head.isSuccess, "\(String(decoding: stored.body, as: UTF8.self))")
                return begun.id
            }

            func awaitState(_ state: String, of id: String) async throws {
                try await within(.seconds(60), "\(state) of \(id)") {
                    while try await uploads().first(where: { $0.id == id })?.state != state {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
        }

        @Test func `uploads become ready or refused by notices alone`() async throws {
            let station = try await StationFixture("app")
            let app = try await App(station)
            defer { app.server.send(SIGTERM) }
            try station.notify(
                "{ webhook: { url: \"\(app.url)/hook\", secrets: [\"env:HOOK_SECRET\"] }, received: true }")
            let text = "Naïve <b>notes</b>\n"
            let post = try await app.upload(Array(text.utf8), "C:\\a\\<b>é${filename}.txt", by: "post")
            let put = try await app.upload(Array(text.utf8), "notes.txt", by: "put")
            let bad = try await app.upload(Eicar.bytes, "readme.txt", by: "post")
            #expect(try await app.uploads().map(\.state) == ["queued", "queued", "queued"])
            #expect(try await app.uploads().map(\.name) == ["readme.txt", "notes.txt", "<b>éfilename}.txt"])

            let worker = try station.startNotifier()
            for id in [post, put] { try await app.awaitState("ready", of: id) }
            try await app.awaitState("refused", of: bad)
            for id in [post, put] {
                let link = try await app.send("GET", "/files/\(id)")
                let file = try await app.http.send(HTTPRequest(url: try #require(link.head.headers["location"])))
                #expect(link.head.status == 303 && String(decoding: file.body, as: UTF8.self) == text)
            }
            #expect(try await app.send("GET", "/files/\(bad)").head.status == 404)

            // A released false positive becomes ready.
            let job = try #require(try await station.jobs().first { $0.verdict == "infected" })
            let release = try await station.review(["release", job.job, "--yes", "--reason", "ours"])
            #expect(release.ending == .code(0), "\(release.standardError)")
            try await app.awaitState("ready", of: bad)
            worker.send(SIGTERM)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
        }

        @Test func `nobody else's notices, uploads and requests are taken`() async throws {
            let station = try await StationFixture("app-others", route: nil)
            let app = try await App(station)
            defer { app.server.send(SIGTERM) }
            let id = try await app.upload(Samples.text, "notes.txt", by: "put")
            let key = try #require(try await station.keys(station.incoming).first)
            let forged = Array(
                """
                {"kind":"outcome","job":"1","revision":1,"disposition":"promoted","destination":{"bucketName":"b","objectKey":"k"},\
                "s3ObjectDetails":{"bucketName":"b","objectKey":"\(key)"}}
                """.utf8)
            let now = Int(Date().timeIntervalSince1970)
            func sign(at time: Int) throws -> String {
                let signed = try Tool.run(
                    [
                        "python3", "-c",
                        """
                        import base64, hashlib, hmac, sys
                        key = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
                        signed = f"n.{sys.argv[2]}.".encode() + sys.stdin.buffer.read()
                        print("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode(), end="")
                        """, WebhookReceiver.secret, "\(time)",
                    ], input: forged)
                return String(decoding: signed.output, as: UTF8.self)
            }
            let genuine = try sign(at: now)
            func hook(_ signature: String, at time: Int = now, id: String = "n", _ body: [UInt8] = forged) async throws
                -> Int
            {
                try await app.send(
                    "POST", "/hook", body,
                    [
                        HTTPHeader("webhook-id", id), HTTPHeader("webhook-timestamp", "\(time)"),
                        HTTPHeader("webhook-signature", signature),
                    ]
                ).head.status
            }
            #expect(try await hook("v1,AAAA") == 401)
            #expect(try await hook(genuine, at: now - 1) == 401)
            // Captured a while ago.
            #expect(try await hook(try sign(at: now - 400), at: now - 400) == 401)
            #expect(try await hook(genuine, id: "m") == 401)
            #expect(try await hook(genuine, forged + [0x20]) == 401)
            #expect(try await app.uploads().map(\.state) == ["queued"])
            // Two signatures during a rotation, and the same notice twice.
            for _ in 1...2 { #expect(try await hook("v1,AAAA \(genuine)") == 204) }
            #expect(try await app.uploads().map(\.state) == ["ready"])

            let stranger = try await app.http.send(HTTPRequest(url: app.url + "/files/\(id)"))
            #expect(stranger.head.status == 404)
            #expect(try await app.http.send(HTTPRequest(url: app.url + "/uploads")).body == Array("[]".utf8))
            let form = try await app.send(
                "POST", "/uploads", Array("{}".utf8), [HTTPHeader("content-type", "text/plain")])
            #expect(form.head.status == 404)
        }
    }
}
