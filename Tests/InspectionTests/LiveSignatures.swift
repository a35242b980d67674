import Foundation
import Glibc
import ScanProtocol
import ScannerTestKit
import TestKit
import Testing

@testable import Inspection

/// A real scanner that reads its signature folder all the time.
struct LiveSignatures {
    let fixture: ScannerFixture
    let lines = LogLines()

    /// - Parameter adding: additional signature files by name.
    init(children: Int = 1, matching: PatternMatching = .whole, adding files: [String: String] = [:]) async throws {
        fixture = try await ScannerFixture(children: children, log: lines.log, adding: files) {
            $0.signatureInterval = .milliseconds(20)
            $0.matching = matching
        }
    }

    func write(_ name: String, _ bytes: [UInt8]) throws { try Self.write(fixture.signatures, name, bytes) }

    /// Replaces the file atomically, as freshclam does.
    static func write(_ folder: Folder, _ name: String, _ bytes: [UInt8]) throws {
        try folder.write("\(name).new", bytes)
        try #require(rename("\(folder.path)/\(name).new", "\(folder.path)/\(name)") == 0)
    }

    /// Makes a link to a file that is no database by its name.
    static func link(_ name: String, in folder: Folder, to bytes: [UInt8]) throws {
        try folder.write("target", bytes)
        try #require(symlink("target", "\(folder.path)/\(name)") == 0)
    }

    func remove(_ name: String) throws { try #require(unlink("\(fixture.signatures.path)/\(name)") == 0) }

    /// Waits until the serving scanner is the only one.
    func untilAlone() async throws {
        while processes.count != 1 { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// The first processes of the scanners, the oldest first.
    var processes: [pid_t] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(getpid())/task")) ?? []
        return threads.flatMap { Self.children(of: getpid(), thread: $0) }.filter { process in
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            return String(decoding: line, as: UTF8.self).contains(fixture.signatures.path)
        }.sorted()
    }

    /// The processes that a thread of a process has forked.
    static func children(of process: pid_t, thread: String? = nil) -> [pid_t] {
        let path = "/proc/\(process)/task/\(thread ?? String(process))/children"
        let text = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }
}
