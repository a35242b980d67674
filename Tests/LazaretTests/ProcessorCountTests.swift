import AWS
import TestKit
import Testing

@testable import Lazaret

@Suite struct ProcessorCountTests {
    /// - Parameter files: the text of each file that there is.
    private func quota(_ files: [String: String]) -> Int? { ProcessorCount.quota { files[$0] } }

    @Test(arguments: [
        ("200000 100000\n", 2), ("150000 100000", 2), ("10000 100000", 1), ("100000 100000", 1), ("50000 25000", 2),
        ("max 100000", nil), ("", nil), ("200000", nil), ("200000 0", nil), ("-1 100000", nil), ("0 100000", nil),
        ("2x 1", nil), ("9223372036854775807 1", Int.max),
    ]) func `a quota of version 2 is rounded up`(text: String, expected: Int?) {
        #expect(quota(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": text]) == expected)
    }

    @Test func `the groups around a group bound it`() {
        var files = [
            "/proc/self/cgroup": "0::/kubepods/pod1/worker\n", "/sys/fs/cgroup/kubepods/cpu.max": "800000 100000",
            "/sys/fs/cgroup/kubepods/pod1/cpu.max": "300000 100000",
            "/sys/fs/cgroup/kubepods/pod1/worker/cpu.max": "max 100000",
        ]
        #expect(quota(files) == 3)
        files["/sys/fs/cgroup/kubepods/pod1/worker/cpu.max"] = "100000 100000"
        #expect(quota(files) == 1)
        // A container sees its own group as the root, and perhaps the host's path.
        #expect(quota(["/proc/self/cgroup": "0::/../other\n", "/sys/fs/cgroup/cpu.max": "400000 100000"]) == 4)
    }

    @Test(arguments: ["cpu,cpuacct", "cpu", "cpuacct,cpu"])
    func `a quota of version 1 is found under either name of its mount`(controllers: String) {
        let cgroup = "12:memory:/docker/x\n4:\(controllers):/docker/x\n0::/\n"
        for mount in ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/\(controllers)"] {
            for folder in ["", "/docker/x"] {
                let files = [
                    "/proc/self/cgroup": cgroup, "\(mount)\(folder)/cpu.cfs_quota_us": "250000\n",
                    "\(mount)\(folder)/cpu.cfs_period_us": "100000\n",
                ]
                #expect(quota(files) == 3)
                #expect(quota(files.merging(["\(mount)\(folder)/cpu.cfs_quota_us": "-1\n"]) { $1 }) == nil)
            }
        }
    }

    @Test(arguments: ["", "\n", "0:/", "x", "1:cpuacct:/", "1:cpuset:/", String(repeating: "1:cpu:/a\n", count: 9999)])
    func `without a group there is no quota`(cgroup: String) {
        #expect(quota(["/proc/self/cgroup": cgroup]) == nil)
        #expect(quota([:]) == nil)
    }

    @Test func `the processors of this process are counted as nproc counts them`() throws {
        let count = try #require(Int(String(decoding: Tool.run(["nproc"]).output, as: UTF8.self).dropLast()))
        #expect((1...count).contains(ProcessorCount.available))
        #expect(ProcessorCount.processorSet(readFile) == count)
        for (mask, expected) in [("ff", 8), ("0000,00000003", 2), ("8", 1), ("", nil), ("0", nil)] {
            #expect(
                ProcessorCount.processorSet { _ in "Name:\tx\nCpus_allowed:\t\(mask)\nCpus_allowed_list:\t0-9\n" }
                    == expected)
        }
        #expect(ProcessorCount.processorSet { _ in nil } == nil)
    }
}
