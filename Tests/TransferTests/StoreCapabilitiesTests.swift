import Support
import TestKit
import Testing

@testable import Transfer

struct StoreCapabilitiesTests {
    /// One answer of a proxy must not switch the defence against two bodies with one ETag off for good.
    @Test func `a refused checksum is asked for anew after a while, and reported once`() {
        let clock = ManualClock()
        let capabilities = StoreCapabilities(clocks: Clocks(clock))
        for quirk in [StoreCapabilities.Quirk.refusesChecksums, .refusesPartChecksums, .returnsNoSHA256] {
            #expect(capabilities.learn(quirk, bucket: "b"))
            #expect(capabilities.has(quirk, bucket: "b") && !capabilities.has(quirk, bucket: "c"))
        }
        #expect(capabilities.learn(.changesETags, bucket: "b"))
        clock.advance(by: StoreCapabilities.memory)
        #expect(!capabilities.has(.refusesChecksums, bucket: "b") && !capabilities.has(.returnsNoSHA256, bucket: "b"))
        #expect(!capabilities.has(.refusesPartChecksums, bucket: "b"))
        #expect(capabilities.has(.changesETags, bucket: "b"))
        #expect(!capabilities.learn(.refusesChecksums, bucket: "b"))
        #expect(capabilities.has(.refusesChecksums, bucket: "b"))
    }

    @Test func `what a store keeps and ignores is known from probes and from its answers`() {
        let capabilities = StoreCapabilities()
        capabilities.learn([.ranges: .kept, .tags: .ignored, .copyConditions: .unknown("403")], bucket: "b")
        capabilities.finishProbe(of: "a", honoursIfMatch: false)
        capabilities.finishProbe(of: "a", honoursIfMatch: nil)
        capabilities.learn(.returnsNoSHA256, bucket: "b")
        #expect(capabilities.learn(ignored: .versions, bucket: "b"))
        #expect(!capabilities.learn(ignored: .versions, bucket: "b"))
        func known() -> [String] { capabilities.abilities.map { "\($0.bucket) \($0.ability.rawValue) \($0.isKept)" } }
        let first = ["a conditional deletes false", "b ranges true", "b versions false", "b checksums of copies false"]
        #expect(known() == first + ["b tags false"])
        // The last answer counts.
        capabilities.learn(.keepsTags, bucket: "b")
        #expect(known() == first + ["b tags true"])
    }
}
