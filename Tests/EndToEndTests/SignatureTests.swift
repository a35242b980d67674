import Foundation
import HTTP
import TestKit
import Testing

extension EndToEnd {
    /// Signatures that change while a worker runs.
    @Suite struct Signatures {
        private func write(_ text: String, _ name: String, _ folder: TemporaryDirectory) throws {
            try folder.write(text, to: "new")
            try #require(rename("\(folder.path)/new", "\(folder.path)/\(name)") == 0)
        }

        private func names(_ path: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: path)
        }

        private let listening = "state 0A"

        /// The TCP sockets of a worker's network namespace by their names: addresses and states.
        private func sockets(of worker: Program) throws -> [String: String] {
            let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(worker.processID)/net/tcp"))
            let table = try file.readToEnd() ?? Data()
            return String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst()
                .reduce(into: [:]) { found, line in
                    let fields = line.split(separator: " ")
                    guard fields.count > 9 else { return }
                    found["socket:[\(fields[9])]"] = "tcp \(fields[1]) to \(fields[2]), state \(fields[3])"
                }
        }

        /// What each descriptor of a worker refers to, but for its connections to the cloud: the HTTP client's pool
        /// grows by one whenever more requests than before are on their way at once.
        private func descriptors(of worker: Program) throws -> [String] {
            let folder = "/proc/\(worker.processID)/fd"
            let connections = try sockets(of: worker)
            return try names(folder).compactMap { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
                return target.map { connections[$0] ?? $0 }
            }.filter { !$0.hasPrefix("tcp") || $0.hasSuffix(listening) }.sorted()
        }

        private func scanners(of worker: Program) throws -> Int { try scannerIDs(of: worker).count }

        /// The process IDs of a worker's scanners.
        private func scannerIDs(of worker: Program) throws -> [pid_t] {
            try names("/proc/\(worker.processID)/task").flatMap { thread in
                let path = "/proc/\(worker.processID)/task/\(thread)/children"
                let text = FileManager.default.contents(atPath: path) ?? Data()
                return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
            }
        }

        private func signatureMetrics(port: Int) async throws -> [String: Int] {
            let answer = try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:\(port)/metrics"))
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
            let pairs = lines.filter { $0.hasPrefix("lazaret_signature") }.map { $0.split(separator: " ") }
            return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), Int($0[1]) ?? -1) })
        }

        @Test func `a worker switches to a new signature set and refuses a broken one`() async throws {
            let station = try await StationFixture("live-signatures", rules: StationFixture.laxRules)
            let folder = try TemporaryDirectory()
            try write("Lazaret.Test.First:0:*:\(hexadecimal("first needle"))\n", "first.ndb", folder)
            let worker = try station.startWorker(
                idle: nil,
                ["--signatures", folder.path, "--signature-interval", "0.2", "--listen", "127.0.0.1:0"])
            let line = try await worker.logged("listening")
            let port = try #require(
                line.firstRange(of: #""port":"#).flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) })
            let text = Array("a second needle in a haystack\n".utf8)
            try await station.upload(text, "before.txt")
            #expect(try await worker.logged("object settled").contains(#""verdict":"clean""#))
            let descriptors = try descriptors(of: worker)
            let before = try await signatureMetrics(port: port)
            #expect(before["lazaret_signature_switches_total"] == 0 && before["lazaret_signatures_refused"] == 0)

            try write("Lazaret.Test.Second:0:*:\(hexadecimal("second needle"))\n", "second.ndb", folder)
            let switched = try await worker.logged("signatures switched")
            #expect(switched.contains(#""from":"first.ndb (1 signature)""#), "\(switched)")
            try await station.upload(text, "after.txt")
            #expect(try await worker.logged("object settled").contains(#""verdict":"infected""#))

            try write("rule Broken { condition: $nothing }", "broken.yar", folder)
            let refused = try await worker.logged("signatures refused")
            #expect(
                refused.contains("broken.yar cannot be loaded") && refused.contains(#""level":"error""#), "\(refused)")
            try await station.upload(text, "later.txt")
            #expect(try await worker.logged("object settled").contains(#""verdict":"infected""#))

            let after = try await signatureMetrics(port: port)
            #expect(after["lazaret_signature_switches_total"] == 1)
            #expect(after["lazaret_signature_refusals_total"] == 1)
            #expect(after["lazaret_signatures_refused"] == 1)
            let now = Int(Date().timeIntervalSince1970)
            for name in ["lazaret_signatures_built_seconds", "lazaret_signatures_loaded_seconds"] {
                #expect((now - 600...now).contains(after[name] ?? 0), "\(name): \(after)")
                #expect((after[name] ?? 0) >= (before[name] ?? 0))
            }
            // The previous scanner, and the refused one, take a moment to end.
            try await within(.seconds(30), "one scanner left") {
                while try scanners(of: worker) != 1 { try await Task.sleep(for: .milliseconds(10)) }
            }
            do {
                try await within(.seconds(30), "no leaked descriptors") {
                    while try self.descriptors(of: worker).count > descriptors.count {
                        try await Task.sleep(for: .milliseconds(10))
                    }
                }
            } catch { Issue.record("\(error): \(try self.descriptors(of: worker)), before \(descriptors)") }

            worker.send(15)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
            let sets = try await station.jobs().reduce(into: [:]) { $0[$1.key] = $1.evidence.signatures }
            #expect(
                sets == [
                    "before.txt": "first.ndb (1 signature)",
                    "after.txt": "first.ndb (1 signature), second.ndb (1 signature)",
                    "later.txt": "first.ndb (1 signature), second.ndb (1 signature)",
                ])
        }

        /// Objects that can't be inspected stay in the queue, and their messages use up no receives.
        @Test func `a worker without a scanner receives nothing`() async throws {
            let station = try await StationFixture("no-scanner", rules: StationFixture.laxRules)
            let proxy = try FaultProxy(to: station.stack)
            defer { proxy.stop() }
            let folder = try TemporaryDirectory()
            let row = "Lazaret.Test.First:0:*:\(hexadecimal("first needle"))\n"
            try write(row, "first.ndb", folder)
            let text = Array("a haystack\n".utf8)
            try await station.upload(text, "first.txt")
            try await within(.seconds(30), "the first message") {
                while try await station.cloud.counts(station.queue.url) == .none {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let inFlight = proxy.add(.receiveMessage, .holdsAnswer, times: 1)
            let worker = try station.startWorker(
                idle: nil, ["--signatures", folder.path], environment: proxy.environment)
            try await worker.logged("started")
            try await inFlight.awaitHits(1)

            try FileManager.default.removeItem(atPath: "\(folder.path)/first.ndb")
            for scanner in try scannerIDs(of: worker) { kill(scanner, SIGKILL) }
            try await worker.logged("scanner failed to load; will be retried")
            // The receive request that was in flight returns the first message, which can't be inspected.
            inFlight.release()
            try await worker.logged("message returned to the queue for a retry")
            let receives = proxy.add(.receiveMessage, .none)
            for number in 1...3 { try await station.upload(text, "later-\(number).txt") }
            try await worker.logged("scanner failed to load; will be retried")
            #expect(receives.hits.isEmpty)

            try write(row, "first.ndb", folder)
            for _ in 1...4 { try await worker.logged("object settled") }
            worker.send(15)
            #expect(try await worker.exit(within: .seconds(30)).ending == .code(0))
            let attempts = try await station.jobs().reduce(into: [:]) { $0[$1.key] = $1.attempts }
            #expect(attempts == ["first.txt": 2, "later-1.txt": 1, "later-2.txt": 1, "later-3.txt": 1])
        }

        private func hexadecimal(_ text: String) -> String {
            text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
    }
}
