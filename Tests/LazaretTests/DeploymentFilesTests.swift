import Foundation
import TestKit
import Testing

@testable import Lazaret

/// The files under `deploy/` that name flags, and the systemd unit.
@Suite(.timeLimit(.minutes(1))) struct DeploymentFilesTests {
    private static let unit = Project.root + "/deploy/systemd/lazaret.service"

    @Test(arguments: ["systemd/lazaret.service", "systemd/environment", "image/build"])
    func `each variable belongs to a flag of run`(_ file: String) throws {
        let text = try String(contentsOfFile: "\(Project.root)/deploy/\(file)", encoding: .utf8)
        let names = text.matches(of: #/LAZARET_[A-Z_]+/#).map { String($0.output) }
        #expect(names.count > 2)
        let known = Set(RunCommand.command.flags.map(\.variable))
        for name in names { #expect(known.contains(name), "\(name)") }
    }

    /// The alarms, the permissions and the sizes; `make deploy-test` tries the rest.
    @Test(arguments: ["aws", "policies"])
    func `what deploy/ and docs/ say of AWS is the same`(_ name: String) throws {
        let tool = try Tool.run([Project.python, "-B", "\(Project.root)/deploy/test/\(name)", "--static"])
        #expect(tool.status == 0, "\(String(decoding: tool.output, as: UTF8.self))")
    }

    /// The unit with a program that exists.
    private func verify(_ unit: String) throws -> (status: Int32, complaints: String) {
        let folder = try TemporaryDirectory()
        let file = try folder.write(
            unit.replacing("/usr/bin/lazaret", with: "/bin/true").replacing(#/Documentation=.*\n/#, with: ""),
            to: "lazaret.service")
        // The complaints are on standard error.
        let tool = try Tool.run(["sh", "-c", "exec systemd-analyze verify \"$1\" 2>&1", "sh", file])
        let lines = String(decoding: tool.output, as: UTF8.self).split(separator: "\n")
        return (tool.status, lines.filter { $0.contains("lazaret.service") }.joined(separator: "\n"))
    }

    @Test func `systemd finds no mistake in the unit`() throws {
        let unit = try String(contentsOfFile: Self.unit, encoding: .utf8)
        #expect(try verify(unit) == (0, ""))
        // The check sees mistakes.
        #expect(try verify(unit + "RestartSec=soon\n").complaints.isEmpty == false)
    }

    @Test func `the unit is as hard as the documentation says`() throws {
        let words = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
        #expect(try Tool.run(words + ["--threshold=25", Self.unit]).status == 0)
        #expect(try Tool.run(words + ["--threshold=15", Self.unit]).status != 0)
    }
}
